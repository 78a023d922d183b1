"""Trees that an update may change."""

import shutil
from pathlib import Path
from typing import Any, Final

from chessa_tracking.apply import update
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from tests.refs import json_schema
from tests.tracking import rendering

Document = dict[str, Any]
REFUND: Final = ("post", "/v1/orders/refund")
IGNORED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", ".update*"
)


def everything(root: Path) -> dict[str, bytes]:
    """Every file of a tree."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def rewrite(pages: Path, edited: Document, *which: tuple[str, str]) -> None:
    """Write the pages of these operations again, from an edited document."""
    for method, path in which:
        name = rendering.page_name(method, path)
        rendering.write(pages / name, rendering.page(edited, method, path))


def body(edited: Document) -> Document:
    """The schema of the refund's body."""
    schema: Document = json_schema(edited, edited["paths"][REFUND[1]][REFUND[0]]["requestBody"])
    return schema


def no_proof(_: Path) -> None:
    """In place of the property tests, where something else is tested."""


def carried_out(tree: Path, pages: Path) -> update.Update:
    """Plan an update, and carry it out without the property tests."""
    found = update.look(tree, open_source(str(pages)), Decisions())
    update.carry_out(tree, found, no_proof)
    return found
