"""What does not change from case to case, worked out once.

Enters: nothing. Leaves: a context in which a page, a file, the correction of the vendored document
and the surface of the package that callers have are read the first time only. Each is a pure
function of what is remembered it by; what may be changed is given out as a copy.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from chessa_codegen.document import loader
from chessa_tracking.api_diff import reader
from chessa_tracking.apply import overlay_review
from chessa_tracking.fetch import pages


@contextlib.contextmanager
def remembered() -> Iterator[None]:
    """Remember what repeats."""
    load, read = reader.load, reader.read
    correcting = _once(overlay_review.corrected, _corrected)
    known = {
        "chessa_codegen.document.loader.read": _copies(_once(loader.read, _file)),
        "chessa_tracking.fetch.pages.slices": _once(pages.slices, lambda text, page: (text, page)),
        "chessa_tracking.apply.assess.corrected": correcting,
        "tests.pipeline.evolution.looking.corrected": correcting,
        "chessa_tracking.api_diff.package.load": _once(load, _released),
        "chessa_tracking.api_diff.package.read": _once(read, lambda _, path: _released(path)),
    }
    with contextlib.ExitStack() as patched:
        for name, remembering in known.items():
            patched.enter_context(mock.patch(name, remembering))
        yield


def _once(function: Callable[..., Any], key_of: Callable[..., Any]) -> Callable[..., Any]:
    """A function that remembers what it said of a key; None is no key."""
    known: dict[Any, Any] = {}

    def remembering(*arguments: Any) -> Any:
        key = key_of(*arguments)
        if key is None:
            return function(*arguments)
        if key not in known:
            known[key] = function(*arguments)
        return known[key]

    return remembering


def _copies(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: loader.copied(function(*arguments))


def _file(path: Path) -> tuple[Path, int]:
    return path, path.stat().st_mtime_ns


def _corrected(whole: Mapping[str, Any], overlay: Any) -> tuple[str, str]:
    return json.dumps(whole), repr(overlay)


def _released(folder: Path) -> Path | None:
    """Packages just made are gone soon, and another comes to their place."""
    return None if "judge-" in str(folder) else folder
