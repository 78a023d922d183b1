"""Side effects, recorded by an audit hook."""

import contextlib
import os
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS: Final = {
    **dict.fromkeys(("os.chmod", "os.mkdir", "os.remove", "os.rmdir", "os.truncate"), (0,)),
    **dict.fromkeys(("os.link", "os.rename"), (0, 1)),
    "os.symlink": (1,),
}
"""Arguments of events that are paths of what changes."""
_RUNS: Final = ("os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "socket.")
_CODE: Final = tuple({sysconfig.get_path(key) for key in ("stdlib", "purelib", "platlib")})
_SOURCES: Final = (*_CODE, str(Path(__file__).parents[3]), "<frozen ", "<attrs ", "<template>")
_heard: list[str] | None = None
_folder = ""


def _hear(event: str, values: tuple[Any, ...]) -> None:
    global _heard
    if (heard := _heard) is not None:
        _heard = None  # what is done here is not heard
        heard += [f"{event} {what}"[:200] for what in _effects(event, values)]
        _heard = heard


def _effects(event: str, values: tuple[Any, ...]) -> Iterator[object]:
    if event == "open":
        path, mode, flags = values
        is_written = bool(flags & _WRITES) if isinstance(flags, int) else "r" not in (mode or "r")
        if is_written and not isinstance(path, int):
            yield from _outside(path)
    elif event in _PATHS and values[-1] in (-1, None):  # else below a folder that was named before
        for at in _PATHS[event]:
            yield from _outside(values[at])
    elif event == "subprocess.Popen":
        yield values[1][:2]
    elif event.startswith(_RUNS):
        yield "" if event == "socket.__new__" else values
    elif event == "exec":
        code = values[0]
        inner = [one.co_names for one in code.co_consts if isinstance(one, types.CodeType)]
        is_named_tuple = code.co_names == () and inner == [("_tuple_new",)]
        if not (is_named_tuple or code.co_filename.startswith((*_SOURCES, _folder))):
            yield code.co_filename


def _outside(path: Any) -> Iterator[str]:
    full = os.path.realpath(os.fsdecode(path))
    if full != os.devnull and not full.startswith(f"{_folder}{os.sep}"):
        yield full


@contextlib.contextmanager
def audited(folder: Path) -> Iterator[set[str]]:
    """Hear what is run, opened and written; files below the folder may be written."""
    global _heard, _folder
    effects: set[str] = set()
    _folder, _heard = str(folder.resolve()), []
    heard = _heard
    try:
        yield effects
    finally:
        _heard = None
        effects.update(heard)


sys.addaudithook(_hear)
