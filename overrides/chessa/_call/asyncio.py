"""The driver of a call on asyncio."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from .._credentials import Credentials, CredentialSource
from .._errors import ChessaError, ConfigurationError
from .._hooks import notify_async
from .._interruptions import bare, is_from_signal_handler, starting_a_thread
from ..journal._records import (
    PATIENCE,
    TIMED_OUT,
    JournalRecord,
    cause_of,
    is_coroutine_function,
    unfinished,
    write,
)
from ..telemetry._watch import watch_call
from .events import Attempt, AttemptResult, Event, PreparedRequest, Sleep
from .gate import Gate, ReadThrough
from .machine import Call, Result
from .sync import gate_of_write, next_event

if TYPE_CHECKING:
    from .._transport.pools import AsyncConnections

E = TypeVar("E")
T = TypeVar("T")


async def perform_async(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "AsyncConnections",
) -> Result[T]:
    """Perform a call on asyncio; show it to OpenTelemetry where the application uses that."""
    _check_loop(call)
    call.span = watch_call(call, connections)
    if call.span is None:
        return await _perform(call, arguments, source, connections)
    with call.span:
        return await _perform(call, arguments, source, connections)


async def _perform(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "AsyncConnections",
) -> Result[T]:
    request = call.prepare(arguments)
    credentials = source.fixed or await _ask(call, source)
    try:
        gate = gate_of_write(call, arguments, source, credentials, is_async=True)
        result = await _gated(call, gate, request, credentials, connections)
        if isinstance(result, Result):
            return result
        try:
            return await perform_async(result.call(call), result.arguments, source, connections)
        except ChessaError:
            pass  # of the read; the write was made
        raise result.failed
    except BaseException as error:
        call.interrupted(error)
        raise


async def _gated(
    call: Call[T],
    gate: Gate | None,
    request: PreparedRequest,
    credentials: Credentials,
    connections: "AsyncConnections",
) -> Result[T] | ReadThrough:
    result: Result[T] | ReadThrough | None = None
    ended: BaseException | None = None
    try:
        try:
            if gate is not None:
                record = gate.open()
                gate.opened(await write_async(gate, record, call.left()))
                result = gate.replayed()
            if result is None:
                attempts = call.run(request, credentials)
                result = await drive_async(attempts, _performer(call, connections), hide=True)
        except BaseException as error:
            ended = error
            if isinstance(error, GeneratorExit):  # the caller has dropped it: await nothing
                raise
        if gate is not None and gate.is_open:
            await _close(gate, ended, result)
        call.log_end(ended)
        if ended is not None:
            raise ended
        return cast("Result[T] | ReadThrough", result)
    except BaseException as error:
        if gate is not None and gate.is_open:  # dropped, or an interruption struck just now
            if isinstance(error, GeneratorExit):
                _close_at_once(gate, error)
            else:
                await _close(gate, error, None)
        if isinstance(error, GeneratorExit):
            call.log_end(error)
        raise
    finally:
        del ended


def _check_loop(call: Call[T]) -> None:
    """Refuse to begin under trio, or under no event loop at all: nothing could be awaited."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        return
    raise call.refused(
        ConfigurationError(
            f"{call.operation.name} was not sent: AsyncChessa needs asyncio, and no asyncio event "
            "loop is running. Under trio, use Chessa on a thread."
        )
    )


def _performer(
    call: Call[T], connections: "AsyncConnections"
) -> Callable[[Event], Awaitable[AttemptResult | None]]:
    async def perform(event: Event) -> AttemptResult | None:
        if isinstance(event, Attempt):
            return await connections.send(event)
        if isinstance(event, Sleep):
            await asyncio.sleep(event.seconds)
        else:
            await notify_async(call.plan.hooks, event.record)
        return None

    return perform


async def drive_async(
    machine: Generator[E, Any, T], perform: Callable[[E], Awaitable[object]], *, hide: bool
) -> T:
    """Run a state machine as `drive` does, awaiting each event."""
    reply: list[object] = [None]
    try:
        while True:
            event = next_event(machine, reply, hide=hide)
            try:
                reply.append(await perform(event))
            except GeneratorExit:
                machine.close()
                raise
            except BaseException as error:  # noqa: BLE001  # raised again by the state machine
                reply.append(error)
    except StopIteration as end:
        return cast("T", end.value)


async def _close(gate: Gate, ended: BaseException | None, result: object) -> None:
    record = gate.close(ended, result)
    cause = await write_async(gate, record, gate.seconds(ended))
    gate.closed(record, cause)


def _close_at_once(gate: "Gate", ended: BaseException) -> None:
    record = gate.close(ended, None)
    gate.closed(record, write(gate.hand_over, record))


async def _ask(call: Call[T], source: CredentialSource) -> Credentials:
    timer = asyncio.timeout(max(0.0, call.left()))
    try:
        async with timer:
            return await source.ask_async()
    except ConfigurationError as error:
        ended: BaseException = call.refused(error)
    except BaseException as interruption:  # noqa: BLE001  # without the frames that hold secrets
        ended = bare(interruption)
    if isinstance(ended, TimeoutError) and timer.expired():
        text = "The callable for the credentials did not return in time; nothing was sent."
        ended = call.refused(ConfigurationError(text, timed_out=True))
    raise ended


async def write_async(gate: Gate, record: JournalRecord, seconds: float) -> str | None:
    """Write a record, off the event loop if the journal blocks. Return why it was not written.

    Wait so many seconds; after that, or if the call is cancelled, the write goes on by itself. Any
    exception but an OSError comes out unchanged.
    """
    writing = asyncio.ensure_future(_write(gate, record))
    _IN_FLIGHT.add(writing)
    writing.add_done_callback(_written)
    try:
        await asyncio.wait({writing}, timeout=seconds)
    except asyncio.CancelledError:
        await asyncio.wait({writing}, timeout=PATIENCE)  # so that the records keep their order
        raise
    if writing.cancelled():  # by what it waits for: the call itself was not cancelled
        return "CancelledError"
    return writing.result() if writing.done() else TIMED_OUT


_IN_FLIGHT: Final[set[asyncio.Future[str | None]]] = set()


def _written(writing: asyncio.Future[str | None]) -> None:
    _IN_FLIGHT.discard(writing)
    if not writing.cancelled():
        writing.exception()  # seen: a Ctrl-C in there has come out of the event loop by itself


async def _write(gate: Gate, record: JournalRecord) -> str | None:
    is_awaited = is_coroutine_function(gate.journal)
    hand_over = gate.hand_over_async if is_awaited else gate.hand_over
    try:
        result = await call_off_loop(
            gate.journal if record.event == "opened" else hand_over, record
        )
    except OSError as error:
        if is_from_signal_handler(error):
            raise
        return cause_of(error)
    return None if is_awaited else unfinished(result)


async def call_off_loop(function: Callable[..., object], *arguments: object) -> object:
    """Await a coroutine function of the caller's; call any other on a thread.

    An awaitable that a plain function returns is awaited as well.
    """
    if is_coroutine_function(function):
        return await cast("Callable[..., Awaitable[object]]", function)(*arguments)
    with starting_a_thread():
        result, error = await asyncio.to_thread(_attempt, function, *arguments)
    return await _returned(result, error)


async def _returned(result: object, error: Exception | None) -> object:
    if error is not None:
        raise error
    return await result if inspect.isawaitable(result) else result


def _attempt(
    function: Callable[..., object], *arguments: object
) -> tuple[object, Exception | None]:
    """Return the result and the exception: a thread cannot pass a StopIteration on."""
    try:
        return function(*arguments), None
    except Exception as error:  # noqa: BLE001  # raised again on the event loop
        return None, error
