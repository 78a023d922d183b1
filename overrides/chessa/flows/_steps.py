"""Steps of a flow, and its runner: blocking with a `Chessa`, a coroutine with an `AsyncChessa`.

A flow decides and yields steps; the runner performs each, and sends the result back or throws the
error in. A flow catches a `ChessaError` only. Any other exception ends it at once and comes out as
itself, with a note that says what is known of the write.
"""

import asyncio
import functools
import inspect
import math
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias, TypeVar

import attrs

from chessa_api.operation import Operation
from chessa_api.types import UNSET

from .._call.asyncio import drive_async
from .._call.events import Sleep
from .._call.sync import drive
from .._client import AsyncChessa, Chessa
from .._errors import ChessaError, InvalidRequestError
from .._interruptions import sleep
from ..journal._records import is_ledger
from ..telemetry._watch import watch_flow
from ._journal import REFUND, find_earlier, find_earlier_async, find_records, find_records_async
from ._ledger import Ask, ask

if TYPE_CHECKING:
    from ..telemetry._spans import FlowSpan

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class Read:
    """Read the order."""

    order_id: str
    seconds: float


@attrs.frozen
class Find:
    """Find what the client's journal has of a refund.

    Of a ledger, `Earlier`; else its records, or None if it has no `find_records`.
    """

    order_id: str
    address: str
    tag: str | None
    reference: str
    """The reference of the records, unless the client has one."""
    seconds: float


@attrs.frozen
class Send:
    """Send the refund."""

    order_id: str
    address: str
    tag: str | None
    reference: str
    """As of `Find`."""
    seconds: float


@attrs.frozen
class Perform:
    """Perform an operation, a write once for its reference."""

    operation: Operation[Any]
    arguments: Mapping[str, Any]
    reference: str | None = None
    seconds: float = math.inf
    raw: bool = False
    """Whether the result comes with its response."""


@attrs.frozen
class Tell:
    """Call a function of the caller's."""

    function: Callable[[Any], object]
    value: Any


Step: TypeAlias = Read | Find | Send | Sleep | Perform | Ask | Tell
Steps: TypeAlias = Generator[Step, Any, T]
"""Yields steps and receives their results."""


@attrs.define
class Note:
    """The note that an interruption gets, kept up to date by the flow."""

    text: str
    is_of_call: bool = False
    """While a write is in flight: the note of the call itself says more, where there is one."""

    def put_on(self, interruption: BaseException) -> None:
        notes = getattr(interruption, "__notes__", ())
        if not (self.is_of_call and any(REFUND in str(note) for note in notes)):
            interruption.add_note(self.text)


class Time:
    """The time of the flows, which a test replaces."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Flow(Protocol[T_co]):
    """A flow, as the runner needs it."""

    name: ClassVar[str]
    """The function that callers use."""

    @property
    def note(self) -> Note: ...

    def steps(self, clock: Time, /) -> Steps[T_co]: ...


_SYSTEM_TIME: Final = Time()


def run(
    client: Chessa | AsyncChessa, flow: Flow[T], clock: Time = _SYSTEM_TIME
) -> T | Coroutine[Any, Any, T]:
    """Run a flow, or return the coroutine that runs it."""
    perform = functools.partial(_begin, client, clock)
    span = watch_flow(client, flow.name, flow.note.put_on)
    if isinstance(client, AsyncChessa):
        running = _run_async(flow.note, flow.steps(clock), perform)
        return running if span is None else _shown_async(span, running)
    if span is None:
        return _run(flow.note, flow.steps(clock), perform)
    with span:
        result = _run(flow.note, flow.steps(clock), perform)
        span.ended_with(result)
    return result


async def _shown_async(span: "FlowSpan", running: Coroutine[Any, Any, T]) -> T:
    with span:
        result = await running
        span.ended_with(result)
    return result


# An interruption is noted in another frame than it strikes: CPython does not cover every
# instruction of a loop by the `try` around it.


def _run(note: Note, steps: Steps[T], perform: Callable[[Any], Any]) -> T:
    try:
        return drive(steps, perform, hide=False)
    except ChessaError:
        raise
    except BaseException as interruption:
        note.put_on(interruption)
        raise


async def _run_async(note: Note, steps: Steps[T], perform: Callable[[Any], Any]) -> T:
    try:
        return await drive_async(steps, perform, hide=False)
    except ChessaError:
        raise
    except BaseException as interruption:
        note.put_on(interruption)
        raise


def _begin(client: Any, clock: Time, step: Step) -> Any:
    """Return the result of a step, or with an `AsyncChessa` the awaitable for it."""
    is_async = isinstance(client, AsyncChessa)
    if isinstance(step, Sleep):
        return (clock.sleep_async if is_async else clock.sleep)(step.seconds)
    if isinstance(step, Ask):
        return ask(client, step)
    if isinstance(step, Tell):
        return (_tell_async if is_async else _tell)(step)
    if isinstance(step, Perform):
        return _perform(client, step)
    plan = client._core.plan
    if isinstance(step, Read):
        seconds = min(step.seconds, plan.options.seconds(is_read=True))
        return client.with_options(timeout=seconds).orders.retrieve(step.order_id)
    reference = plan.options.reference or step.reference
    claims = is_ledger(plan.journal)
    if isinstance(step, Find) and not claims:
        find = find_records_async if is_async else find_records
        return find(plan.journal, step.order_id, reference, step.seconds)
    sent = {
        "order_id": step.order_id,
        "address": step.address,
        "tag": UNSET if step.tag is None else step.tag,
    }
    seconds = min(step.seconds, plan.options.seconds(is_read=False))
    once = {"once": True} if claims else {}
    client = client.with_options(timeout=seconds, reference=reference, **once)
    if isinstance(step, Find):
        return (find_earlier_async if is_async else find_earlier)(client, sent, step.seconds)
    return client.orders.request_refund(**sent)


def _perform(client: Any, step: Perform) -> Any:
    operation, options = step.operation, client._core.plan.options
    seconds = min(step.seconds, options.seconds(is_read=operation.is_read))
    once = {} if step.reference is None else {"reference": step.reference, "once": True}
    performer = client.with_options(timeout=seconds, **once)._performer
    perform = performer.perform_raw if step.raw else performer.perform
    return perform(operation, step.arguments)


def _tell(step: Tell) -> None:
    result = step.function(step.value)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise InvalidRequestError("progress is asynchronous, which only AsyncChessa can await.")


async def _tell_async(step: Tell) -> None:
    result = step.function(step.value)
    if inspect.isawaitable(result):
        await result
