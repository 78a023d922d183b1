"""The lock: the inputs of the generated package, and its files.

Sorted, without dates, absolute paths or the Python version: the same everywhere.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from chessa_codegen import atomic
from chessa_codegen.document.loader import dumps_json
from chessa_codegen.python import render
from chessa_codegen.python.formatting import RUFF_VERSION
from chessa_codegen.validate.repair import Finding, operations


def digest(value: Any) -> str:
    """Return the SHA-256 of a document, whatever the layout of its file."""
    return hashlib.sha256(dumps_json(value).encode()).hexdigest()


def read_findings(path: Path) -> tuple[Finding, ...]:
    """Read what was left out of a package, opened or corrected from its lock, if there is one."""
    if not path.is_file():
        return ()
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")).get("findings", [])
    return tuple(Finding(**each) for each in found)


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lock_of(
    vendor: Mapping[str, Any],
    overlay: Mapping[str, Any] | None,
    effective: Mapping[str, Any],
    findings: Sequence[Finding],
    config: Path,
    examples: Path | None,
    package: Path,
    reference: Path,
) -> str:
    """Return the text of the lock file. Without examples there is no reference."""
    contents = {
        "effective_spec": digest(effective),
        "examples": None if examples is None else _digest_of(examples),
        "formatter": f"ruff {RUFF_VERSION}",
        "findings": [attrs.asdict(each) for each in findings],
        "generated": atomic.hashes(package),
        "generator": f"{render.GENERATOR} {render.GENERATOR_VERSION}",
        "generator_config": _digest_of(config),
        "overlay": None if overlay is None else digest(overlay),
        "pages": dict(_pages(vendor)),
        "reference": atomic.hashes(reference),
        "replaced_templates": render.upstream_hashes(),
        "spec": digest(vendor),
        "templates": atomic.hashes(render.TEMPLATES),
    }
    return json.dumps(contents, indent=2, sort_keys=True) + "\n"


def _pages(vendor: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return one entry per operation: the page it comes from, how much of it was seen, its hash."""
    pages: list[tuple[str, dict[str, str]]] = []
    for (_, path, method), operation in operations(vendor):
        source = operation.get("x-source")
        source = source if isinstance(source, dict) else {}
        entry = {"sha256": digest(operation), "completeness": "full"}
        entry |= {key: str(source[key]) for key in ("page", "completeness") if key in source}
        pages.append((f"{str(method).upper()} {path}", entry))
    return pages
