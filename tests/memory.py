"""Caches for what the tests of the pipeline would compute again and again.

Each is a pure function of its key: parsing a document, applying the overlay, making a package,
reading the surface of one. What a caller may change is returned as a copy.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from unittest import mock

import attrs

from chessa_codegen import atomic, regeneration
from chessa_codegen.document import loader, yaml
from chessa_codegen.ir.names import Names
from chessa_codegen.overlay import apply
from chessa_codegen.regeneration import Settled
from chessa_tracking.api_diff import reader
from chessa_tracking.apply import assess


def _once(function: Callable[..., Any], key_of: Callable[..., Any]) -> Callable[..., Any]:
    """Cache a function by a key; call it again where the key is None."""
    known: dict[Any, Any] = {}

    def remembering(*arguments: Any) -> Any:
        key = key_of(*arguments)
        if key is None:
            return function(*arguments)
        if key not in known:
            known[key] = function(*arguments)
        return known[key]

    return remembering


def _content(folder: Path) -> str | None:
    """Hash the files of a package; None for a temporary one, which is deleted soon."""
    if "judge-" in str(folder):
        return None
    found = atomic.files(folder)
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()


def _made() -> Callable[..., Any]:
    """Cache `make_package` by its document; write the files of the package again."""
    known: dict[tuple[object, ...], tuple[Settled, dict[str, bytes]]] = {}
    make_package = regeneration.make_package

    def remembering(
        effective: dict[str, Any],
        folder: Path,
        config: Path,
        names: Names | None = None,
        **how: bool,
    ) -> Settled:
        memory = "" if names is None else names.memory_text()
        on = sorted(name for name, is_on in how.items() if is_on)
        key = (json.dumps(effective), folder.name, config.read_bytes(), memory, *on)
        if key not in known:
            found = make_package(effective, folder, config, names, **how)
            known[key] = found, atomic.files(folder)
        found, files = known[key]
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return attrs.evolve(found, document=loader.copied(found.document))

    return remembering


_make_package: Final = _made()
_parse: Final = _once(yaml.parse, lambda content, _: content)
_APPLY: Final = apply.apply
_apply: Final = _once(
    lambda whole, how, out: _APPLY(whole, how, writes_out=out),
    lambda whole, how, out: (json.dumps(whole), repr(how), out),
)


def _parsed(content: bytes, name: str) -> Any:
    return loader.copied(_parse(content, name))


def _applied(
    whole: dict[str, Any], how: apply.Overlay, *, writes_out: bool = False
) -> apply.Outcome:
    outcome: apply.Outcome = _apply(whole, how, writes_out)
    return attrs.evolve(outcome, document=loader.copied(outcome.document))


def _judgement(*of: Any) -> object:
    """Name all that a judgement depends on: the first two are documents, the fourth a package."""
    old, new, corrections, released, names, left_out, config = of
    package = None if released is None else _content(released)
    memory = None if names is None else names.memory_text()
    documents = json.dumps(old), json.dumps(new)
    return *documents, repr(corrections), package, memory, repr(left_out), config.read_bytes()


_REMEMBERING: Final = {
    "chessa_codegen.document.loader.parse": _parsed,
    "chessa_tracking.fetch.pages.parse": _parsed,
    "chessa_codegen.overlay.apply.apply": _applied,
    "chessa_codegen.regeneration.make_package": _make_package,
    "chessa_tracking.apply.assess.make_package": _make_package,
    "chessa_tracking.apply.update.judge": _once(assess.judge, _judgement),
    "chessa_tracking.api_diff.package.read": _once(reader.read, _content),
}


@contextlib.contextmanager
def remembered() -> Iterator[None]:
    """Use the caches within this context; they stay filled for the next one."""
    with contextlib.ExitStack() as patched:
        for name, remembering in _REMEMBERING.items():
            patched.enter_context(mock.patch(name, remembering))
        yield
