"""Run the commands of the project in this process: starting one takes a second."""

import contextlib
import io
import subprocess
from collections.abc import Callable


def run(main: Callable[[list[str]], int], *words: object) -> "subprocess.CompletedProcess[str]":
    """Call the main function of a command; return its exit status and its output."""
    arguments = [str(word) for word in words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())
