"""An audit hook: what Python does beside computing, while it is looked at.

In: what is allowed, and when. Out: a line for each process, connection, foreign write and foreign
code. The hook stays for the life of the process; it is deaf outside `watching`.
"""

import contextlib
import os
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

_RUFF: Final = str(Path(sys.executable).with_name("ruff"))
_FORMATS: Final = ([_RUFF, "check"], [_RUFF, "format"])
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES: Final = {
    "os.chmod": (0,),
    "os.link": (0, 1),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
}
"""Which of their arguments are paths that change."""
_RUNS: Final = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system")
_LIBRARIES: Final = tuple(
    sorted({sysconfig.get_paths()[key] for key in ("stdlib", "purelib", "platlib")})
)
_REPOSITORY: Final = str(Path(__file__).resolve().parents[3])


@attrs.define
class _Watch:
    """What is allowed while it is on."""

    on: bool = False
    folder: str = ""
    """Where files may be written."""
    code: tuple[str, ...] = ()
    """How the file names of code begin that may run."""
    may_format: bool = False
    may_make_sockets: bool = False
    seen: list[str] = attrs.field(factory=list[str])

    def hear(self, event: str, values: tuple[Any, ...]) -> None:
        if not self.on:
            return
        self.on = False  # what is done here is not looked at
        try:
            self.seen += [f"{event}: {told}"[:300] for told in self._told(event, values)]
        finally:
            self.on = True

    def _told(self, event: str, values: tuple[Any, ...]) -> Iterator[str]:
        if event == "open":
            path, mode, flags = values
            writes = bool(flags & _WRITES) if isinstance(flags, int) else "r" not in (mode or "r")
            if writes and not isinstance(path, int) and not self._is_inside(path):
                yield str(path)
        elif event in _CHANGES:
            if values[-1] in (-1, None):  # else it is within a folder that was named before
                yield from (
                    str(values[at]) for at in _CHANGES[event] if not self._is_inside(values[at])
                )
        elif event == "subprocess.Popen":
            if not (self.may_format and list(values[1])[:2] in _FORMATS):
                yield repr(values[1])
        elif event.startswith("socket."):
            if not (self.may_make_sockets and event == "socket.__new__"):
                yield repr(values[1:])
        elif event.startswith(_RUNS):
            yield repr(values)
        elif event == "exec":
            code = values[0]
            ours = not isinstance(code, types.CodeType) or code.co_filename.startswith(self.code)
            if not ours and not _is_named_tuple(code):
                yield code.co_filename

    def _is_inside(self, path: Any) -> bool:
        whole = os.path.realpath(os.fsdecode(path))
        return whole == os.devnull or whole.startswith(f"{self.folder}{os.sep}")


def _is_named_tuple(code: types.CodeType) -> bool:
    """Whether it is the constructor that the standard library makes for a NamedTuple."""
    inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
    return (
        code.co_filename == "<string>"
        and code.co_names == ()
        and [one.co_names for one in inner] == [("_tuple_new",)]
    )


_WATCH: Final = _Watch()


def install() -> None:
    """Put the hook in, once for each process."""
    sys.addaudithook(_WATCH.hear)


@contextlib.contextmanager
def watching(
    folder: Path,
    *,
    code: tuple[str, ...] = (),
    may_format: bool = False,
    may_make_sockets: bool = False,
) -> Iterator[list[str]]:
    """Look at what is done; gives the list that it is told in."""
    _WATCH.folder = str(folder.resolve())
    _WATCH.code = (*_LIBRARIES, _REPOSITORY, "<frozen ", "<attrs generated", *code)
    _WATCH.may_format, _WATCH.may_make_sockets = may_format, may_make_sockets
    _WATCH.seen = []
    _WATCH.on = True
    try:
        yield _WATCH.seen
    finally:
        _WATCH.on = False
