"""The shell around every command: its streams, its errors, its exit status.

A traceback helps nobody who feeds in a document.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from typing import Final, TextIO

from chessa_codegen.errors import SpecError

REFUSED: Final = 2
_INTERRUPTED: Final = 130


def refuse(error: SpecError) -> None:
    """Say what was refused, where, and how to fix it."""
    print(f"refused: {error}", file=sys.stderr)


def mute(stream: TextIO) -> None:
    """Let a stream that nobody reads lead nowhere, also when Python flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(
    work: Callable[[], int],
    *,
    where: str,
    whole: str = "the tree is whole",
    refuse: Callable[[SpecError], None] = refuse,
) -> int:
    """Do the work; the exit status.

    `where` is what a failure of our own is about, `whole` what an interruption leaves behind.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the terminal can show
            stream.reconfigure(errors="backslashreplace")
    try:
        status = work()
        sys.stdout.flush()  # here, where a pipe that is closed is known of
        return status
    except SpecError as error:
        refusal = error
    except KeyboardInterrupt:
        print(f"interrupted; {whole}", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # whoever reads has read enough
        mute(sys.stdout)
        return 1
    except OSError as error:
        refusal = SpecError(
            error.strerror or type(error).__name__,
            str(error.filename or where),
            "nothing was changed; see to the rights and the room on the disk",
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        refusal = SpecError(
            f"the pipeline failed on this document ({type(error).__name__}: {error})",
            where,
            "nothing was changed; please report the document",
        )
    refuse(refusal)
    return REFUSED


def main(work: Callable[[], int]) -> None:
    """Be the command: a SIGTERM cleans up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(work())
