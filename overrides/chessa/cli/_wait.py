"""`chessa wait`: wait for an order, with a live view where stderr is a terminal."""

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from difflib import get_close_matches
from typing import Any

import attrs
import click
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from .._errors import ChessaError
from ..flows import wait_for_order
from ._connection import Access, output_option, timeout_option
from ._output import Form, console, is_terminal, say, show
from ._text import printable


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds: `1:05`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


@attrs.define
class Progress:
    """The statuses that were seen, each with the seconds since the start."""

    order_id: str
    now: Callable[[], float] = time.monotonic
    started: float = attrs.field(init=False)
    seen: list[tuple[float, str]] = attrs.field(factory=list[tuple[float, str]])
    is_over: bool = False
    spinner: Spinner = attrs.field(factory=lambda: Spinner("dots"))

    def __attrs_post_init__(self) -> None:
        self.started = self.now()

    def add(self, status: str) -> str:
        """Note a status, and return the line on it."""
        self.seen.append((self.now() - self.started, status))
        return self.line(*self.seen[-1])

    @staticmethod
    def line(seconds: float, status: str) -> str:
        """Return the line on a status."""
        return f"{clock(seconds):>6}  {printable(status)}"

    def __rich__(self) -> Table:
        """Return the view: a line for each status, and how long the last one has lasted."""
        view = Table.grid()
        for seconds, status in self.seen:
            view.add_row(Text(self.line(seconds, status)))
        if not self.is_over:
            waited = clock(self.now() - self.started)
            self.spinner.update(text=Text(f" {waited}  waiting for order {self.order_id}"))
            view.add_row(self.spinner)
        return view


def _note_unlisted(status: str) -> None:
    """Say so if the spec does not list a status: it may be new, or misspelt."""
    from ..models import OrderStatus

    listed = {str(each).casefold(): str(each) for each in OrderStatus}
    if status.casefold() in listed:
        return
    close = get_close_matches(status.casefold(), listed, 1)
    hint = f" Did you mean {listed[close[0]]!r}?" if close else ""
    say(f"Note: {status!r} is not a status of the spec.{hint}")


@click.command("wait")
@click.argument("order_id")
@click.option(
    "--until",
    multiple=True,
    metavar="STATUS",
    help="A status to wait for; may be given several times. [default: completed or failed]",
)
@timeout_option("600")
@output_option
@click.pass_obj
def COMMAND(  # noqa: N802  # as of every module here
    access: Access, order_id: str, until: tuple[str, ...], timeout: float | None, form: Form
) -> None:
    """Wait until an order reaches a status, and print it.

    Shows each status as it is seen. Ends with 5 (UNKNOWN) if time runs out, or if the order reaches
    another end than the one waited for.
    """
    for status in until:
        _note_unlisted(status)
    progress = Progress(printable(order_id))
    is_live = is_terminal(sys.stderr)

    def seen(order: Any) -> None:
        line = progress.add(str(order.status))
        if not is_live:
            say(line)

    options: dict[str, Any] = {"until": until} if until else {}
    if timeout is not None:
        options["timeout"] = timeout
    with access.client() as client:
        screen = console(sys.stderr) if is_live else None
        with Live(progress, console=screen) if is_live else nullcontext():
            try:
                order = wait_for_order(client, order_id, progress=seen, **options)
            except ChessaError:
                raise
            finally:
                progress.is_over = True
    show(order.to_dict(), form)
