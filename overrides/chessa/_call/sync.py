"""The driver of a call: it asks for credentials, sends and sleeps. Its async form: `asyncio`.

In: a call. Out: its `Result`, or the `ChessaError` that the engine raised. Interruptions go through
the engine, so that they are on record, and come out as they are but for the frames below.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from .._errors import ConfigurationError
from .._hooks import tell
from .._journal import enter
from .._secrets import Credentials, CredentialSource
from .events import Attempt, Reply, Sleep, Step, Tell
from .machine import Call, Life, Result

if TYPE_CHECKING:
    from .._transport.connections import Connections

T = TypeVar("T")
Back: TypeAlias = list[Reply | BaseException]
"""What a step brought, to be taken out at once: a traceback shows what a frame holds by name."""


def drive(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "Connections",
) -> Result[T]:
    """Perform a call, blocking."""
    request = call.prepare(arguments)
    life = call.live(request, source.fixed or _ask(call, source))
    back: Back = []
    while True:
        step = advance(life, back)
        if isinstance(step, Result):
            return step
        try:
            if isinstance(step, Attempt):
                back.append(connections.send(step))
            elif isinstance(step, Sleep):
                time.sleep(step.seconds)
            elif isinstance(step, Tell):
                tell(call.plan.hooks, step.record)
            elif call.plan.journal is not None:
                back.append(enter(call.plan.journal, step.record))
        except BaseException as error:  # noqa: BLE001  # the engine raises it again
            back.append(error)


def advance(life: Life[T], back: Back) -> Step | Result[T]:
    """Take the engine to its next step, or to the result."""
    try:
        if not back:
            return life.send(None)
        if isinstance(back[0], BaseException):
            return life.throw(_bare(back.pop()))
        return life.send(cast("Reply", back.pop()))
    except StopIteration as end:
        result: Result[T] = end.value
        return result


def _bare(interruption: Any) -> BaseException:
    """Its frames and context belong to the HTTP library and hold the request."""
    bare: BaseException = interruption.with_traceback(None)
    bare.__cause__ = bare.__context__ = None
    bare.__suppress_context__ = False
    return bare


def _ask(call: Call[T], source: CredentialSource) -> Credentials:
    try:
        return source.ask()
    except ConfigurationError as error:
        refusal = call.refused(error)
    raise refusal
