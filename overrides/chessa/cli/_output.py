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
    out = console(sys.stdout)
    width = out.width if sys.stdout.isatty() else None
    lists, rest = split(value)
    with out.capture() as captured:
        for name, rows in lists.items():
            if rows:
                out.print(_table(name, rows, width))
            if rows and rest:
                out.print()
        if list(rest) == [""]:
            out.print(Text(cell(rest[""])))
        elif rest:
            out.print(_record(rest))
    _stdout("\n".join(line.rstrip() for line in captured.get().split("\n")))
    for name, rows in lists.items():
        if not rows:
            say(f"{name or 'result'}: none")
    if empty := [name for name, member in rest.items() if not cell(member)]:
        say(f"Null or empty: {', '.join(empty)}")


def _table(name: str, rows: Sequence[Row], width: int | None) -> Table:
    names = columns(rows)
    shown = fitting(names, rows, width)
    if left_out := [each for each in names if each not in shown]:
        say(f"{name or 'result'}: not shown here: {', '.join(left_out)} (--output json, csv)")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for each in shown:
        table.add_column(Text(printable(each)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row.get(each))) for each in shown))
    return table


def _record(row: Row) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name in columns([row]):
        if text := cell(row[name]):
            table.add_row(Text(printable(name)), Text(text))
    return table
