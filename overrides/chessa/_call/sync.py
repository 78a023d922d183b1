"""The driver of a blocking call: it asks for credentials, sends, sleeps and writes the journal.

`asyncio` has the form for asyncio. Interruptions come out unchanged, without the frames below.
"""

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._credentials import Credentials, CredentialSource
from .._errors import ChessaError, ConfigurationError
from .._hooks import notify
from .._interruptions import bare, sleep
from ..journal._records import Journal, is_ledger, write
from ..telemetry._watch import watch_call
from .events import Attempt, AttemptResult, Event, PreparedRequest, Sleep
from .gate import Gate, ReadThrough
from .machine import Call, Result

if TYPE_CHECKING:
    from .._transport.pools import Connections

E = TypeVar("E")
T = TypeVar("T")


def perform(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "Connections",
) -> Result[T]:
    """Perform a call, blocking; show it to OpenTelemetry where the application uses that."""
    call.span = watch_call(call, connections)
    if call.span is None:
        return _perform(call, arguments, source, connections)
    with call.span:
        return _perform(call, arguments, source, connections)


def _perform(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "Connections",
) -> Result[T]:
    request = call.prepare(arguments)
    credentials = source.fixed or _ask(call, source)
    try:
        gate = gate_of_write(call, arguments, source, credentials, is_async=False)
        result = _gated(call, gate, request, credentials, connections)
        if isinstance(result, Result):
            return result
        try:
            return perform(result.call(call), result.arguments, source, connections)
        except ChessaError:
            pass  # of the read; the write was made
        raise result.failed
    except BaseException as error:
        call.interrupted(error)
        raise


def gate_of_write(
    call: Call[Any],
    arguments: Mapping[str, object],
    source: CredentialSource,
    credentials: Credentials,
    *,
    is_async: bool,
) -> Gate | None:
    """Return the gate of a call; None for a read, and without a journal."""
    journal = call.plan.journal
    if call.operation.is_read or journal is None:
        return None
    if not is_ledger(journal):
        return Gate(call, cast("Journal", journal))
    from .ledger import gate_of  # with all operations, which most programs never load

    return gate_of(call, journal, arguments, source, credentials, is_async=is_async)


def _gated(
    call: Call[T],
    gate: Gate | None,
    request: PreparedRequest,
    credentials: Credentials,
    connections: "Connections",
) -> Result[T] | ReadThrough:
    result: Result[T] | ReadThrough | None = None
    ended: BaseException | None = None
    try:
        try:
            if gate is not None:
                gate.opened(write(gate.journal, gate.open()))
                result = gate.replayed()
            if result is None:
                attempts = call.run(request, credentials)
                result = drive(attempts, _performer(call, connections), hide=True)
        except BaseException as error:  # noqa: BLE001  # raised again below
            ended = error
        if gate is not None and gate.is_open:
            _close(gate, ended, result)
        call.log_end(ended)
        if ended is not None:
            raise ended
        return cast("Result[T] | ReadThrough", result)
    finally:
        if gate is not None and gate.is_open:  # an interruption struck just now
            _close(gate, ended or KeyboardInterrupt(), None)
        del ended


def _performer(
    call: Call[T], connections: "Connections"
) -> Callable[[Event], AttemptResult | None]:
    def perform(event: Event) -> AttemptResult | None:
        if isinstance(event, Attempt):
            return connections.send(event)
        if isinstance(event, Sleep):
            sleep(event.seconds)
        else:
            notify(call.plan.hooks, event.record)
        return None

    return perform


def _close(gate: Gate, ended: BaseException | None, result: object) -> None:
    record = gate.close(ended, result)
    gate.closed(record, write(gate.hand_over, record))


def drive(machine: Generator[E, Any, T], perform: Callable[[E], object], *, hide: bool) -> T:
    """Run a state machine: perform each event, and send it the result or the exception.

    With `hide` an exception loses its frames first: those of a call hold the request.
    """
    reply: list[object] = [None]
    try:
        while True:
            event = next_event(machine, reply, hide=hide)
            try:
                reply.append(perform(event))
            except BaseException as error:  # noqa: BLE001  # raised again by the state machine
                reply.append(error)
    except StopIteration as end:
        return cast("T", end.value)


def next_event(machine: Generator[E, Any, Any], reply: list[object], *, hide: bool) -> E:
    """Return the next event of a state machine. Raises `StopIteration` at its end.

    The reply is taken out of its list unnamed: a traceback prints what a frame holds by name.
    """
    if not isinstance(reply[0], BaseException):
        return machine.send(reply.pop())
    if hide:
        bare(reply[0])
    return machine.throw(cast("BaseException", reply.pop()))


def _ask(call: Call[T], source: CredentialSource) -> Credentials:
    try:
        return source.ask()
    except ConfigurationError as error:
        ended: BaseException = call.refused(error)
    except BaseException as interruption:  # noqa: BLE001  # without the frames that hold secrets
        ended = bare(interruption)
    raise ended
