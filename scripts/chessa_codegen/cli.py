"""The frame of every command: its streams, its errors, its exit status.

A user who passes in a document gets a message, not a traceback.
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
    """Redirect a closed stream to the null device, also for the flush when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(
    work: Callable[[], int],
    *,
    where: str,
    whole: str = "the tree is consistent",
    refuse: Callable[[SpecError], None] = refuse,
) -> int:
    """Do the work; return the exit status.

    `where` is the subject of an unexpected error, `whole` the state after an interruption.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # escape characters that the terminal lacks
            stream.reconfigure(errors="backslashreplace")
    try:
        status = work()
        sys.stdout.flush()  # here, where a closed pipe is handled
        return status
    except SpecError as error:
        refusal = error
    except KeyboardInterrupt:
        print(f"interrupted; {whole}", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader closed the pipe
        mute(sys.stdout)
        return 1
    except OSError as error:
        refusal = SpecError(
            error.strerror or type(error).__name__,
            str(error.filename or where),
            "nothing was changed; check the permissions and the free space on the disk",
        )
    except Exception as error:  # noqa: BLE001 - any error becomes a refusal
        refusal = SpecError(
            f"the pipeline failed on this document ({type(error).__name__}: {error})",
            where,
            "nothing was changed; please report the document",
        )
    refuse(refusal)
    return REFUSED


def main(work: Callable[[], int]) -> None:
    """Run the command and exit; SIGTERM cleans up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(work())
