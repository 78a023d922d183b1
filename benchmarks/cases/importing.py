"""What importing costs, in fresh processes: `import chessa`, which is lazy, and the client itself.

The first is held to milliseconds over a bare interpreter; the second to what `import httpx` costs,
both over the bare interpreter, so that its start does not flatter the ratio.
"""

from typing import Final

from ..figures import Findings, difference, ratio
from ..processes import interleave_programs
from ..setting import Setting

NAME: Final = "import"
_BARE: Final = "bare interpreter"
_LAZY: Final = "import chessa"
_CLIENT: Final = "from chessa import Chessa"
_HTTPX: Final = "import httpx"


def measure(setting: Setting) -> Findings:
    """Four programs."""
    programs = {_BARE: "pass", **{line: line for line in (_LAZY, _CLIENT, _HTTPX)}}
    found = interleave_programs(programs, setting.of(41, 11))
    bare = found[_BARE]
    ours, theirs = (
        [whole - start for whole, start in zip(found[line], bare, strict=True)]
        for line in (_CLIENT, _HTTPX)
    )
    return Findings(
        [
            difference((NAME, _LAZY, _BARE), "ms", found[_LAZY], bare),
            ratio((NAME, _CLIENT, _HTTPX), "ms", ours, theirs),
            ratio((NAME, f"{_CLIENT}, whole process", _HTTPX), "ms", found[_CLIENT], found[_HTTPX]),
        ]
    )
