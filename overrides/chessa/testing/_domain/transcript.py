"""Draw what happened as a sequence of messages between a program and the sandbox, in text."""

from typing import Final

from .clock import stamp
from .newest import Newest
from .records import Event

_WIDTH: Final = 50
_GAP: Final = " " * _WIDTH


def draw(events: Newest[Event], *, seed: str) -> str:
    """Return the events, oldest first, in a line each.

    A program's requests point right, responses left; what happened in the sandbox stands at its
    right, money with a `*`.
    """
    if not events:
        return f"Nothing happened in this sandbox (seed {seed})."
    begin = stamp(next(iter(events)).at)
    earlier = f", after {events.dropped} earlier events" if events.dropped else ""
    lines = [f"seed {seed}, from {begin}{earlier}", f"{'program':<{_WIDTH + 3}}sandbox"]
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
