"""Draw what happened as a sequence of messages between a program and the sandbox, in text."""

from collections.abc import Sequence
from typing import Final

from .clock import stamp
from .records import Event

_WIDTH: Final = 50
_GAP: Final = " " * _WIDTH


def draw(events: Sequence[Event], *, seed: str) -> str:
    """Return the events, oldest first, in a line each.

    A program's requests point right, responses left; what happened in the sandbox stands at its
    right, money with a `*`.
    """
    if not events:
        return f"Nothing happened in this sandbox (seed {seed})."
    lines = [f"seed {seed}, from {stamp(events[0].at)}", f"{'program':<{_WIDTH + 3}}sandbox"]
    return "\n".join([*lines, *(_line(event) for event in events)])


def _line(event: Event) -> str:
    text = "".join(c if c.isprintable() else "?" for c in event.text)
    match event.kind:
        case "request":
            return f"|{f' {text} ':-<{_WIDTH - 1}}>|"
        case "response":
            return f"|<{f' {text} ':->{_WIDTH - 1}}|"
        case "lost":
            return f"|{f'x-- {text} ':->{_WIDTH}}|"
        case "movement":
            return f"|{_GAP}| * {text}"
        case _:
            return f"|{_GAP}| {text}"
