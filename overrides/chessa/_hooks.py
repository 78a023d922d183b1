"""Hooks: functions of the caller's, called before and after every attempt.

Their records have no secrets, queries or bodies. An exception of a hook is logged by the hook's
name, and the call goes on.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from chessa_api.errors import Outcome

from . import _log
from ._errors import ConfigurationError
from ._interruptions import is_from_signal_handler

if TYPE_CHECKING:
    from .telemetry._places import DriftPlace


@attrs.frozen
class RequestInfo:
    """The start of an attempt; nothing was sent yet."""

    operation: str
    """`orders.request_refund`"""
    method: str
    path: str
    """The path template: `/v1/orders/{orderId}`."""
    attempt: int
    """1 for the first."""
    call_id: str
    """The same for all attempts of a call."""


@attrs.frozen
class ResponseInfo:
    """The end of an attempt."""

    operation: str
    attempt: int
    call_id: str
    status_code: int | None
    """None when no status line arrived."""
    elapsed: float
    """Seconds that the attempt took."""
    outcome: Outcome | None
    """None for a result."""
    request_id: str | None


RequestHook: TypeAlias = Callable[[RequestInfo], object]
ResponseHook: TypeAlias = Callable[[ResponseInfo], object]
DriftHook: TypeAlias = "Callable[[DriftPlace], object]"
Record: TypeAlias = "RequestInfo | ResponseInfo | DriftPlace"


Progress: TypeAlias = Callable[[int, int | None], object]
"""Called with the bytes of a file that were sent or received, and those in all if known."""


@attrs.frozen(kw_only=True)
class Hooks:
    """Functions to call before each attempt and after it, and when a response is not as the spec.

    They run within the call and its deadline: a slow hook makes a slow call. `Chessa` takes plain
    functions, `AsyncChessa` coroutine functions too.
    """

    request: RequestHook | None = None
    response: ResponseHook | None = None
    drift: "DriftHook | None" = None
    """Called once for each place where responses differ from the spec."""


def check(hooks: object, *, may_await: bool) -> Hooks | None:
    """Raise `ConfigurationError` for hooks that this client cannot call or await."""
    if hooks is None:
        return None
    if not isinstance(hooks, Hooks):
        raise ConfigurationError("hooks must be a chessa.Hooks.")
    every = {"request": hooks.request, "response": hooks.response, "drift": hooks.drift}
    for name, hook in every.items():
        if hook is not None and not callable(hook):
            raise ConfigurationError(f"The {name} hook is not callable.")
        if not may_await and inspect.iscoroutinefunction(hook):
            raise ConfigurationError(
                f"The {name} hook is a coroutine function, which only AsyncChessa can await."
            )
    return hooks


def _hook_for(hooks: Hooks | None, record: Record) -> Callable[[Any], object] | None:
    if hooks is None:
        return None
    if isinstance(record, RequestInfo):
        return hooks.request
    return hooks.response if isinstance(record, ResponseInfo) else hooks.drift


def reporter(operation: str, progress: Progress | None) -> Progress | None:
    """Return a function that reports progress; what it raises is logged, and the call goes on."""
    if progress is None:
        return None

    def report(done: int, total: int | None) -> None:
        try:
            progress(done, total)
        except Exception as error:
            if is_from_signal_handler(error):
                raise
            _log.hook_failed(operation, progress, error)

    return report


def notify(hooks: Hooks | None, record: Record) -> None:
    """Call the hook for this record."""
    hook = _hook_for(hooks, record)
    if hook is None:
        return
    try:
        result = hook(record)
        if inspect.iscoroutine(result):
            result.close()
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        _log.hook_failed(record.operation, hook, error)


async def notify_async(hooks: Hooks | None, record: Record) -> None:
    """Call the hook for this record, and await it if it returns an awaitable."""
    hook = _hook_for(hooks, record)
    if hook is None:
        return
    try:
        result = hook(record)
        if inspect.isawaitable(result):
            await result
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        _log.hook_failed(record.operation, hook, error)
