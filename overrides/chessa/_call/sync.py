"""The driver of a blocking call: it asks for credentials, sends, sleeps and writes the journal.

Its asyncio form stands in `asyncio`. Interruptions come out as they are, but for the frames below.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from .._credentials import Credentials, CredentialSource
from .._errors import ConfigurationError
from .._hooks import notify
from .._interruptions import bare, sleep
from ..journal._records import write
from .events import Attempt, AttemptResult, Event, PreparedRequest, Sleep
from .machine import Attempts, Call, Result

if TYPE_CHECKING:
    from .._transport.pools import Connections
    from .gate import Gate

T = TypeVar("T")
Reply: TypeAlias = list[AttemptResult | BaseException]
"""What an event brought, to be taken out at once: a traceback shows what a frame holds by name."""


def perform(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "Connections",
) -> Result[T]:
    """Perform a call, blocking."""
    request = call.prepare(arguments)
    credentials = source.fixed or _ask(call, source)
    try:
        return _gated(call, request, credentials, connections)
    except BaseException as error:
        call.interrupted(error)
        raise


def _gated(
    call: Call[T], request: PreparedRequest, credentials: Credentials, connections: "Connections"
) -> Result[T]:
    gate = call.gate
    result: Result[T] | None = None
    ended: BaseException | None = None
    try:
        try:
            if gate is not None:
                gate.opened(write(gate.journal, gate.open()))
            result = _attempts(call, request, credentials, connections)
        except BaseException as error:  # noqa: BLE001  # raised again below
            ended = error
        if gate is not None and gate.is_open:
            _close(gate, ended)
        call.log_end(ended)
        if ended is not None:
            raise ended
        return cast("Result[T]", result)
    finally:
        if gate is not None and gate.is_open:  # an interruption struck just now
            _close(gate, ended or KeyboardInterrupt())
        del ended


def _attempts(
    call: Call[T], request: PreparedRequest, credentials: Credentials, connections: "Connections"
) -> Result[T]:
    attempts = call.run(request, credentials)
    reply: Reply = []
    while True:
        event = next_event(attempts, reply)
        if isinstance(event, Result):
            return event
        try:
            if isinstance(event, Attempt):
                reply.append(connections.send(event))
            elif isinstance(event, Sleep):
                sleep(event.seconds)
            else:
                notify(call.plan.hooks, event.record)
        except BaseException as error:  # noqa: BLE001  # raised again by the state machine
            reply.append(error)


def _close(gate: "Gate", ended: BaseException | None) -> None:
    record = gate.close(ended)
    gate.closed(record, write(gate.hand_over, record))


def next_event(attempts: Attempts[T], reply: Reply) -> Event | Result[T]:
    """Take the state machine to its next event, or to the result."""
    try:
        if not reply:
            return attempts.send(None)
        if isinstance(reply[0], BaseException):
            return attempts.throw(bare(cast("BaseException", reply.pop())))
        return attempts.send(cast("AttemptResult", reply.pop()))
    except StopIteration as end:
        result: Result[T] = end.value
        return result


def _ask(call: Call[T], source: CredentialSource) -> Credentials:
    try:
        return source.ask()
    except ConfigurationError as error:
        ended: BaseException = call.refused(error)
    except BaseException as interruption:  # noqa: BLE001  # without the frames that hold secrets
        ended = bare(interruption)
    raise ended
