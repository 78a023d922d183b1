"""The output of the command: results on stdout, everything else on stderr.

Colours are rich's: none where the output is not a terminal, or NO_COLOR is set.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, Final, Literal, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._text import Row, cell, columns, fitting, printable, split, to_csv, to_json

Form = Literal["table", "json", "csv"]
FORMS: Final = ("table", "json", "csv")
_WIDE: Final = 100_000


class ClosedOutputError(Exception):
    """The reader of stdout closed it."""


def console(file: TextIO) -> Console:
    """Return a console that takes no text for markup."""
    is_terminal = file.isatty()
    return Console(
        file=file,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=not is_terminal,
        no_color=True if os.environ.get("NO_COLOR") else None,
        width=None if is_terminal else _WIDE,
    )


def say(text: str) -> None:
    """Print a message on stderr. Nothing in it can act on the terminal."""
    lines = (printable(line) for line in text.splitlines())
    _written(sys.stderr, "".join(f"{line}\n" for line in lines))


def show(value: Any, form: Form) -> None:
    """Print a result, a JSON value, on stdout. Raises `ClosedOutputError`."""
    if form == "json":
        _stdout(f"{to_json(value)}\n")
    elif form == "csv":
        _stdout(to_csv(value))
    else:
        _tables(value)


def show_text(text: str) -> None:
    """Print a text of ours on stdout, as it is. Raises `ClosedOutputError`."""
    _stdout(text)


def show_bytes(data: bytes) -> None:
    """Write bytes to stdout. Raises `ClosedOutputError`."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ClosedOutputError from None


def flush() -> None:
    """Write what is left. Raises `ClosedOutputError`."""
    _stdout("")


def _stdout(text: str) -> None:
    if not _written(sys.stdout, text):
        raise ClosedOutputError


def _written(file: TextIO, text: str) -> bool:
    """Write a text, with escapes for what the encoding of a file lacks; False if it is closed."""
    encoding = file.encoding or "utf-8"
    try:
        file.write(text.encode(encoding, "backslashreplace").decode(encoding))
        file.flush()
    except BrokenPipeError:
        return False
    return True


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
    out = console(sys.stdout)
    with out.capture() as captured:
        out.print(table)
    _stdout("\n".join(line.rstrip() for line in captured.get().split("\n")))


def _table(rows: Sequence[Row]) -> tuple[Table, list[str]]:
    """Return a table of the columns that fit, and the names of the others."""
    width = console(sys.stdout).width if sys.stdout.isatty() else None
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
