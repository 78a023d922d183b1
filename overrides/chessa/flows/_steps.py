"""Steps of a flow, and the drivers that perform them: one blocking, one on asyncio.

A flow decides, and yields steps; a driver performs each and sends its result back. Only a
`ChessaError` is a result. Every other exception ends the flow at once and comes out as itself,
with a note that says what is known of the write.
"""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Final, TypeAlias, TypeVar, cast

import attrs

from chessa_api.types import UNSET

from .._client import AsyncChessa, Chessa
from .._errors import ChessaError
from .._interruptions import sleep
from ._journal import ask, ask_async

T = TypeVar("T")

REFUND: Final = "orders.request_refund"


@attrs.frozen
class Read:
    order_id: str
    seconds: float


@attrs.frozen
class Find:
    """Ask the client's journal for records of a refund; None where it cannot be asked."""

    order_id: str
    reference: str
    """The reference of the records, unless the client has one."""
    seconds: float


@attrs.frozen
class Send:
    order_id: str
    address: str
    tag: str | None
    reference: str
    """As of `Find`."""
    seconds: float


@attrs.frozen
class Sleep:
    seconds: float


Step: TypeAlias = Read | Find | Send | Sleep
Flow: TypeAlias = Generator[Step, Any, T]
"""Yields steps and gets back their results, a `ChessaError` as a value among them."""


@attrs.define
class Note:
    """The note that an interruption gets, kept up to date by the flow."""

    text: str = ""
    is_of_call: bool = False
    """While a write is in flight: the note of the call itself says more, where there is one."""

    def put_on(self, interruption: BaseException) -> None:
        notes = getattr(interruption, "__notes__", ())
        if not (self.is_of_call and any(REFUND in str(note) for note in notes)):
            interruption.add_note(self.text)


def run(client: Chessa | AsyncChessa, flow: Flow[T], note: Note) -> T | Coroutine[Any, Any, T]:
    if isinstance(client, AsyncChessa):
        return _noted_async(client, flow, note)
    return _noted(client, flow, note)


# The frame that notes an interruption is not the one that it may strike: CPython does not cover
# every instruction of a loop by the `try` around it.


def _noted(client: Chessa, flow: Flow[T], note: Note) -> T:
    try:
        return _drive(client, flow)
    except ChessaError:
        raise
    except BaseException as interruption:
        note.put_on(interruption)
        raise


async def _noted_async(client: AsyncChessa, flow: Flow[T], note: Note) -> T:
    try:
        return await _drive_async(client, flow)
    except ChessaError:
        raise
    except BaseException as interruption:
        note.put_on(interruption)
        raise


def _drive(client: Chessa, flow: Flow[T]) -> T:
    reply: Any = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return cast("T", end.value)
        try:
            if isinstance(step, Sleep):
                sleep(step.seconds)
            elif isinstance(step, Find):
                reply = ask(_journal(client), step.order_id, _reference(client, step))
            else:
                reply = _call(client, step)
        except ChessaError as error:
            reply = error


async def _drive_async(client: AsyncChessa, flow: Flow[T]) -> T:
    reply: Any = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return cast("T", end.value)
        try:
            if isinstance(step, Sleep):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Find):
                name = _reference(client, step)
                reply = await ask_async(_journal(client), step.order_id, name, step.seconds)
            else:
                reply = await _call(client, step)
        except ChessaError as error:
            reply = error


def _journal(client: Any) -> object:
    return client._core.plan.journal


def _reference(client: Any, step: Find | Send) -> str:
    own: str | None = client._core.plan.options.reference
    return own or step.reference


def _call(client: Any, step: Read | Send) -> Any:
    """The call of either client: its result, or what is to be awaited for it."""
    options = client._core.plan.options
    seconds = min(step.seconds, options.seconds(is_read=isinstance(step, Read)))
    if isinstance(step, Read):
        return client.with_options(timeout=seconds).orders.retrieve(step.order_id)
    named = client.with_options(timeout=seconds, reference=_reference(client, step))
    tag = UNSET if step.tag is None else step.tag
    return named.orders.request_refund(order_id=step.order_id, address=step.address, tag=tag)
