"""The two functions that differ between sync and async: they ask for credentials, send and sleep.

In: a call. Out: its `Result`, or the `ChessaError` that the engine raised. Interruptions go through
the engine, so that they are on record, and come out as they are but for the frames below.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from ._engine import Call, Life, Result
from ._errors import ConfigurationError
from ._hooks import tell, tell_async
from ._journal import enter, enter_async
from ._secrets import Credentials, CredentialSource
from ._steps import Attempt, Reply, Sleep, Step, Tell

if TYPE_CHECKING:
    from .transport.connections import AsyncConnections, Connections

T = TypeVar("T")
_Back: TypeAlias = list[Reply | BaseException]
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
    back: _Back = []
    while True:
        step = _advance(life, back)
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


async def drive_async(
    call: Call[T],
    arguments: Mapping[str, object],
    source: CredentialSource,
    connections: "AsyncConnections",
) -> Result[T]:
    """Perform a call on asyncio."""
    request = call.prepare(arguments)
    life = call.live(request, source.fixed or await _ask_async(call, source))
    back: _Back = []
    while True:
        step = _advance(life, back)
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


def _advance(life: Life[T], back: _Back) -> Step | Result[T]:
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
