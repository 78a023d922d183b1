"""The output of the command: results on stdout, everything else on stderr.

Colours are rich's: none where the output is not a terminal, or NO_COLOR is set.
"""

import contextlib
import os
import sys
from collections.abc import Generator, Sequence
from typing import Any, Final, Literal, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chessa_api.errors import Outcome

from .._errors import OutcomeUnknownError
from ._text import Row, cell, columns, fitting, printable, split, to_csv, to_json

Form = Literal["table", "json", "csv"]
FORMS: Final = ("table", "json", "csv")
_WIDE: Final = 100_000


class ClosedOutputError(Exception):
    """The reader of stdout closed it."""


class UnwritableOutputError(Exception):
    """The reason that stdout cannot be written, such as a full disk."""


def is_terminal(file: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; one that is closed is None."""
    return file is not None and file.isatty()


def console(file: TextIO) -> Console:
    """Return a console that takes no text for markup."""
    is_shown = is_terminal(file)
    return Console(
        file=file,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=not is_shown,
        no_color=True if os.environ.get("NO_COLOR") else None,
        width=None if is_shown else _WIDE,
    )


def say(text: str) -> None:
    """Print a message on stderr. Nothing in it can act on the terminal."""
    lines = (printable(line) for line in text.splitlines())
    with contextlib.suppress(OSError):  # the exit status tells the outcome without it
        if sys.stderr is not None:
            _write(sys.stderr, "".join(f"{line}\n" for line in lines))


def show(value: Any, form: Form) -> None:
    """Print a result, a JSON value, on stdout.

    Raises `ClosedOutputError` or `UnwritableOutputError`, as all that write to stdout.
    """
    if form == "json":
        _stdout(f"{to_json(value)}\n")
    elif form == "csv":
        _stdout(to_csv(value))
    else:
        _tables(value)


def show_text(text: str) -> None:
    """Print a text of ours on stdout, as it is."""
    _stdout(text)


def show_bytes(data: bytes) -> None:
    """Write bytes to stdout."""
    with _to_stdout() as out:
        out.buffer.write(data)
        out.flush()


@contextlib.contextmanager
def result_of_write(name: str) -> Generator[None]:
    """Print the result of an operation: what hinders that does not hide that it was carried out.

    Raises `OutcomeUnknownError` (DONE) where it cannot be printed.
    """
    text = f"{name} was carried out, but its result could not be printed"
    advice = "Do not call it again; look up its result."
    try:
        yield
    except UnwritableOutputError as error:
        problem = str(error)
    except KeyboardInterrupt as interruption:
        interruption.add_note(f"{text} completely. {advice}")
        raise
    else:
        return
    raise OutcomeUnknownError(f"{text} ({problem}). {advice}", operation=name, outcome=Outcome.DONE)


def flush() -> None:
    """Write what is left."""
    if sys.stdout is not None:
        _stdout("")


def _stdout(text: str) -> None:
    with _to_stdout() as out:
        _write(out, text)


@contextlib.contextmanager
def _to_stdout() -> Generator[TextIO]:
    try:
        if sys.stdout is None:  # it was closed before the command began
            raise ClosedOutputError
        yield sys.stdout
    except BrokenPipeError:
        raise ClosedOutputError from None
    except OSError as error:
        raise UnwritableOutputError(error.strerror or type(error).__name__) from None


def _write(file: TextIO, text: str) -> None:
    """Write a text, with escapes for what the encoding of a file lacks."""
    encoding = file.encoding or "utf-8"
    file.write(text.encode(encoding, "backslashreplace").decode(encoding))
    file.flush()


def _tables(value: Any) -> None:
    lists, rest = split(value)
    notes: list[str] = []
    for name, rows in lists.items():
        if rows:
            table, left_out = _table(rows)
            show_table(table)
            if left_out:
                names = ", ".join(left_out)
                notes.append(f"{name or 'result'}: not shown here: {names} (--output json, csv)")
            if rest:
                _stdout("\n")
        else:
            notes.append(f"{name or 'result'}: none")
    if list(rest) == [""]:
        _stdout(f"{cell(rest[''])}\n")
    elif rest:
        show_table(_record(rest))
        if empty := [name for name, member in rest.items() if not cell(member)]:
            notes.append(f"Null or empty: {', '.join(empty)}")
    for note in notes:
        say(note)


def show_table(table: Table) -> None:
    """Print a table on stdout, without blanks at the ends of its lines."""
    with _to_stdout() as file:
        out = console(file)
        with out.capture() as captured:
            out.print(table)
    _stdout("\n".join(line.rstrip() for line in captured.get().split("\n")))


def _table(rows: Sequence[Row]) -> tuple[Table, list[str]]:
    """Return a table of the columns that fit, and the names of the others."""
    width = console(sys.stdout).width if is_terminal(sys.stdout) else None
    names = columns(rows)
    filled = [name for name in names if any(cell(row.get(name)) for row in rows)]
    names = [*filled, *(name for name in names if name not in filled)]
    shown = fitting(names, rows, width)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for each in shown:
        table.add_column(Text(printable(each)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row.get(each))) for each in shown))
    return table, [each for each in names if each not in shown]


def _record(row: Row) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name in columns([row]):
        if text := cell(row[name]):
            table.add_row(Text(printable(name)), Text(text))
    return table
