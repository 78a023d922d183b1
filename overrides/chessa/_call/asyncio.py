"""The async form of what waits: driving a call, asking for credentials, entering a record.

In: a call. Out: its `Result`, or the `ChessaError` that the engine raised. A module of its own, so
that asyncio is loaded by those who use it.
"""

import asyncio
import inspect
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, cast

from .._errors import ConfigurationError
from .._hooks import tell_async
from .._journal import (
    PATIENCE,
    TIMED_OUT,
    AsyncJournal,
    Journal,
    JournalRecord,
    called,
    cause_of,
    is_coroutine_function,
)
from .._secrets import Credentials, CredentialSource
from .events import Attempt, Sleep, Tell
from .machine import Call, Result
from .sync import Back, advance

if TYPE_CHECKING:
    from .._transport.connections import AsyncConnections

T = TypeVar("T")


async def drive_async(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "AsyncConnections",
) -> Result[T]:
    """Perform a call on asyncio."""
    request = call.prepare(arguments)
    life = call.live(request, source.fixed or await _ask_async(call, source))
    back: Back = []
    while True:
        step = advance(life, back)
        if isinstance(step, Result):
            return step
        try:
            if isinstance(step, Attempt):
                back.append(await connections.send(step))
            elif isinstance(step, Sleep):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Tell):
                await tell_async(call.plan.hooks, step.record)
            elif call.plan.journal is not None:
                back.append(await enter_async(call.plan.journal, step.record, step.seconds))
        except BaseException as error:  # noqa: BLE001  # the engine raises it again
            back.append(error)


async def _ask_async(call: Call[T], source: CredentialSource) -> Credentials:
    try:
        async with asyncio.timeout(max(0.0, call.deadline - time.monotonic())):
            return await source.ask_async()
    except ConfigurationError as error:
        refusal = call.refused(error)
    except TimeoutError:
        refusal = call.refused(
            ConfigurationError(
                "The callable for the credentials did not answer in time; nothing was sent.",
                timed_out=True,
            )
        )
    raise refusal


async def enter_async(journal: Journal, record: JournalRecord, seconds: float) -> str | None:
    """Write a record, off the event loop if the journal blocks. Returns why it was not written.

    It is given so many seconds, and goes on by itself after that, or if the call is cancelled.
    """
    writing = asyncio.ensure_future(_written(journal, record))
    _UNDER_WAY.add(writing)
    writing.add_done_callback(_ended)
    try:
        await asyncio.wait({writing}, timeout=seconds)
    except asyncio.CancelledError:
        await asyncio.wait({writing}, timeout=PATIENCE)  # so that the records keep their order
        raise
    if writing.cancelled():  # by what it waits for: nobody has cancelled the call
        return "CancelledError"
    return writing.result() if writing.done() else TIMED_OUT


_UNDER_WAY: Final[set[asyncio.Future[str | None]]] = set()


def _ended(writing: asyncio.Future[str | None]) -> None:
    _UNDER_WAY.discard(writing)
    if not writing.cancelled():
        writing.exception()  # seen: a Ctrl-C in there has come out of the event loop by itself


async def _written(journal: Journal, record: JournalRecord) -> str | None:
    try:
        if is_coroutine_function(journal):
            await cast("AsyncJournal", journal)(record)
            return None
        result, cause = await asyncio.to_thread(called, journal, record)
        if inspect.isawaitable(result):
            await result
    except Exception as error:  # noqa: BLE001  # the caller's function may raise anything
        return cause_of(error)
    return cause
