"""References made of other documents, in a folder of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs

from chessa_codegen.regeneration import Job, Made, regenerate
from tests.docs.pages import ROOT, parsed

_PROGRAM = """
import json, sys
import chessa_api
assert chessa_api.__file__.startswith(sys.argv[1]), chessa_api.__file__
for code in json.load(sys.stdin):
    exec(compile(code, "example", "exec"), {"__name__": "example"})
"""


@attrs.frozen
class Reference:
    """Pages, and the package that was made with them."""

    folder: Path
    package: Path
    """The folder to import the package from."""
    made: Made

    def page(self, name: str) -> str:
        """Return the text of a page."""
        return (self.folder / f"{name}.md").read_text(encoding="utf-8")

    def run(self, *names: str) -> None:
        """Run the examples of pages, with the package that was made with them."""
        codes = [
            token.content
            for name in names
            for token in parsed(self.page(name))
            if token.type == "fence" and token.info == "python"
        ]
        assert codes
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", _PROGRAM, str(self.package)],
            env={
                **os.environ,
                "PYTHONPATH": f"{self.package}{os.pathsep}{ROOT / 'overrides'}",
            },
            input=json.dumps(codes),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    @property
    def pages(self) -> list[Path]:
        """Return the paths of all pages."""
        return sorted(self.folder.iterdir())


def document(paths: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Return a document of paths and other parts."""
    return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, **parts}


def make(
    folder: Path, spec: dict[str, Any], examples: str = "", *, is_vendors: bool = False
) -> Reference:
    """Make package and reference of a document; the vendor's has overlay and examples."""
    folder.mkdir(exist_ok=True)
    source = folder / "openapi.json"
    source.write_text(json.dumps(spec), encoding="utf-8")
    written = folder / "examples.toml"
    written.write_text(examples, encoding="utf-8")
    job = Job(
        spec=source,
        overlay=ROOT / "spec" / "overlay.yaml" if is_vendors else None,
        output=folder / "generated",
        lock=folder / "lock.json",
        reference=folder / "docs" / "reference",
        examples=ROOT / "docs" / "examples.toml" if is_vendors else written,
    )
    made = regenerate(job)
    assert job.reference is not None
    return Reference(job.reference, job.output, made)
