"""The state machine of a call, shared by sync and async: attempt, decide, wait, again.

It yields events for a driver and ends in a `Result` or a `ChessaError`. It neither sends nor sleeps
nor writes.
"""

import functools
import os
import time
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

import attrs

from chessa_api.codecs import Deviations
from chessa_api.errors import DecodeError, Outcome
from chessa_api.operation import Operation, RawResponse

from .. import _log
from .._config import Settings
from .._credentials import Credentials
from .._errors import ChessaError, Circumstances, ConfigurationError
from .._hooks import Hooks, RequestInfo, ResponseInfo, reporter
from .._interruptions import is_from_signal_handler
from .._options import Options
from .bodies import printable_request_id, read_error
from .events import (
    Attempt,
    AttemptResult,
    ErrorKind,
    Event,
    Failure,
    Headers,
    Notify,
    PreparedRequest,
    Response,
    Sleep,
    plain_headers,
)
from .messages import INTERRUPTED, build_error
from .outcomes import is_success, outcome_of
from .request import RequestBase, prepare
from .retry import Quota, next_wait, retry_after_seconds

if TYPE_CHECKING:
    from ..journal._claims import Ledger
    from ..journal._records import Journal
    from ..telemetry._settings import Telemetry
    from ..telemetry._spans import CallSpan
    from .streaming import Stream

T = TypeVar("T")
_REQUEST_ID_HEADERS: Final = (b"x-request-id", b"request-id", b"x-correlation-id", b"cf-ray")
_LARGE: Final = 256 * 1024
"""Bytes of a body that cannot be read and is still compared with the spec: the error has its values
in memory already, and comparing reads them a second time."""
_NOTICES: Final = frozenset({b"deprecation", b"sunset"})
_DECODING_ERRORS: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a body could do to a decoder, should that have a bug; any other exception is not its own."""


@attrs.frozen
class CallPlan:
    """Settings and state that all calls of a client share."""

    settings: Settings
    options: Options
    base: RequestBase
    quota: Quota
    hooks: Hooks | None = None
    journal: "Journal | Ledger | None" = None
    telemetry: "Telemetry | bool" = True
    drift: dict[Any, Any] = attrs.field(factory=dict[Any, Any], eq=False, repr=False)
    """What responses had that the spec does not: filled by `telemetry._drift`."""

    def with_options(self, options: Options) -> "CallPlan":
        """Return a copy with other options."""
        base = RequestBase.of(self.settings, options)
        return attrs.evolve(self, options=options, base=base)


@attrs.frozen
class Result(Generic[T]):
    """The result of a call, with the response that held it."""

    parsed: T
    envelope: Any
    response: Response
    attempts: int
    elapsed: float
    request_id: str | None

    def raw(self) -> RawResponse[T]:
        """Return the form that callers see."""
        return RawResponse(
            parsed=self.parsed,
            envelope=self.envelope,
            status_code=self.response.status_code,
            headers=plain_headers(self.response.headers),
            body=self.response.body,
            attempts=self.attempts,
            elapsed=self.elapsed,
            request_id=self.request_id,
        )


Attempts: TypeAlias = Generator[Event, AttemptResult | None, Result[T]]


class Call(Generic[T]):
    """One call, and what is known of it at each moment."""

    def __init__(self, operation: Operation[T], plan: CallPlan) -> None:
        self.operation: Final = operation
        self.plan: Final = plan
        self._started = time.monotonic()
        self.deadline: Final = self._started + plan.options.seconds(is_read=operation.is_read)
        self.call_id: Final = os.urandom(16).hex() if plan.hooks or plan.journal else ""
        self.known = Outcome.NOT_SENT
        """The outcome, should the call end now without its result."""
        self.attempts = 0
        self.status_code: int | None = None
        self.request_id: str | None = None
        self._nothing_sent = True
        """The evidence of all attempts so far."""
        self.is_late: Callable[[], bool] | None = None
        """Whether the claim of this call is over, so that nothing may be sent any more."""
        self.stream: Stream | None = None
        """The event stream that the call opened."""
        self.span: CallSpan | None = None
        self.trace_headers: Headers = ()
        self._drifted: Response | None = None
        """A response that differs from the spec."""

    def prepare(self, arguments: Mapping[str, object]) -> PreparedRequest:
        """Build the request. Raises `InvalidRequestError`."""
        return prepare(self.operation, arguments, self.plan.base)

    def refused(self, error: ConfigurationError) -> ConfigurationError:
        """Return a refusal of the credentials with this call's name on it."""
        circumstances = self.circumstances()
        circumstances["timed_out"] = error.timed_out
        return ConfigurationError(str(error), **circumstances)

    # ---- The attempt loop -----------------------------------------------------------------------

    def run(self, request: PreparedRequest, credentials: Credentials) -> Attempts[T]:
        """Attempt until there is a result, or until nothing is left to try."""
        while True:
            self.attempts += 1
            yield from self._notify_start()
            began = time.monotonic()
            received = yield from self._attempt(request, credentials, began)
            result, success = self._read(received, credentials)
            del received  # a traceback prints what its frames hold, and a body may hold the secret
            outcome = outcome_of(result, is_read=self.operation.is_read)
            self.known = outcome or Outcome.DONE
            self._show_attempt(began, outcome, result.cause)
            yield from self._notify_end(began, outcome)
            if self._drifted is not None:
                yield from self._notify_drift(credentials)
            if success is not None:
                if self.operation.is_read:
                    self.plan.quota.give_back(self.attempts - 1)
                return success
            wait = self._next_wait(result, self.known)
            if wait is None:
                raise build_error(
                    result,
                    self.known,
                    self.circumstances(),
                    is_read=self.operation.is_read,
                    is_harmless=self.operation.duplicate_is_harmless,
                )
            _log.will_retry(self.operation.name, self.status_code, self.attempts, wait)
            yield Sleep(wait)

    def _attempt(
        self, request: PreparedRequest, credentials: Credentials, began: float
    ) -> Generator[Event, AttemptResult | None, AttemptResult]:
        """Make one attempt. An exception thrown in is an interruption: raise it again."""
        attempt = Attempt(
            request,
            credentials,
            self.operation.is_read,
            self.deadline,
            self.plan.settings.max_response_bytes,
            self.operation.save_to,
            _is_stream_of(self.operation) if self.operation.streams else None,
            reporter(self.operation.name, self.plan.options.progress),
            self.trace_headers,
        )
        if self.is_late is not None and self.is_late():
            late = Failure(ErrorKind.LATE, "the process was suspended", timed_out=True)
            return AttemptResult(failure=late, nothing_sent=True)
        self.known, self.status_code, self.request_id = Outcome.UNKNOWN, None, None
        try:
            return (yield attempt) or AttemptResult()
        except BaseException as interruption:
            if self._nothing_sent and attempt.evidence.nothing_sent:
                self.known = Outcome.NOT_SENT
            self._show_attempt(began, self.known, type(interruption).__name__)
            if not isinstance(interruption, GeneratorExit):
                yield from self._notify_end(began, self.known)
            raise

    def _read(
        self, received: AttemptResult, credentials: Credentials
    ) -> tuple[AttemptResult, Result[T] | None]:
        """Read the result of a 2xx, or the details of an error."""
        response, failure = received.response, received.failure
        self._nothing_sent = self._nothing_sent and received.nothing_sent and response is None
        if response is None:
            return attrs.evolve(received, nothing_sent=self._nothing_sent), None
        names = {name for name, _ in response.headers}
        self.status_code, self.request_id = response.status_code, _request_id(response, names)
        if not names.isdisjoint(_NOTICES):
            from .notices import announce  # for the few that announce something

            announce(self.operation.name, response)
        if self.operation.listed(response.status_code) is None:
            self._drifted = response
        if is_success(response.status_code):
            success, failure = self._decode(response, failure)
            if success is not None:
                return AttemptResult(response, has_result=True), success
        error = read_error(response.body, credentials)
        retry_after = retry_after_seconds(response.header(b"retry-after"), time.time())
        bodiless = attrs.evolve(response, body=b"")  # it may hold the secret in escapes
        return AttemptResult(bodiless, failure, error=error, retry_after=retry_after), None

    def _decode(
        self, response: Response, failure: Failure | None
    ) -> tuple[Result[T] | None, Failure | None]:
        """Return the result in a 2xx; or the reason why there is none."""
        parsed: Any = None
        envelope: Any = None
        is_empty = self.operation.answers_nothing(response.status_code)
        if self.operation.save_to is not None:
            if failure is not None or response.saved is None:
                return None, failure or Failure(ErrorKind.BODY, "there was nothing to save")
            parsed = envelope = response.saved
        elif self.operation.streams:
            if failure is not None or response.opened is None:
                return None, failure or Failure(ErrorKind.BODY, "it is not an event stream")
            from .streaming import Limits, stream_of  # for the operations that need it

            seconds = self.plan.options.seconds(is_read=self.operation.is_read)
            limits = Limits(seconds, self.plan.settings.max_response_bytes)
            self.stream, parsed = stream_of(self, response, limits)
            envelope = parsed
        elif not is_empty:
            content_type = response.header(b"content-type")
            before = Deviations.latest
            found = failure or self.decoded(response.status_code, response.body, content_type)
            is_failed = isinstance(found, Failure)
            is_large = is_failed and len(response.body) > _LARGE
            if failure is None and not is_large and (is_failed or Deviations.latest is not before):
                self._drifted = response
            if isinstance(found, Failure):
                return None, found
            parsed, envelope = found
        success = Result(parsed, envelope, response, self.attempts, self.elapsed(), self.request_id)
        return success, None

    def decoded(
        self, status_code: int, body: bytes, content_type: str | None
    ) -> tuple[T, Any] | Failure:
        """Return the result in the body of a 2xx and the envelope; or why it cannot be read."""
        try:
            return self.operation.read(status_code, body, content_type)
        except DecodeError as error:
            return Failure(ErrorKind.BODY, f"DecodeError: {error}")
        except _DECODING_ERRORS as error:
            if is_from_signal_handler(error):
                raise
            return Failure(ErrorKind.BODY, type(error).__name__)

    def _next_wait(self, result: AttemptResult, outcome: Outcome) -> float | None:
        return next_wait(
            result,
            outcome,
            is_read=self.operation.is_read,
            retries=self.attempts - 1,
            max_retries=self.plan.options.max_retries,
            left=self.left(),
            quota=self.plan.quota,
        )

    # ---- Observers ------------------------------------------------------------------------------

    def _notify_start(self) -> Generator[Event, AttemptResult | None, None]:
        if self.plan.hooks is not None:
            called = self.operation
            yield Notify(
                RequestInfo(called.name, called.method, called.path, self.attempts, self.call_id)
            )

    def _notify_end(
        self, began: float, outcome: Outcome | None
    ) -> Generator[Event, AttemptResult | None, None]:
        if self.plan.hooks is not None:
            yield Notify(
                ResponseInfo(
                    self.operation.name,
                    self.attempts,
                    self.call_id,
                    self.status_code,
                    time.monotonic() - began,
                    outcome,
                    self.request_id,
                )
            )

    def _notify_drift(
        self, credentials: Credentials
    ) -> Generator[Event, AttemptResult | None, None]:
        """Record the differences of a response from the spec; pass those that are new to a hook."""
        from ..telemetry._drift import observe  # for the responses that have some

        response, self._drifted = self._drifted, None
        status = 0 if response is None else response.status_code
        body = b"" if response is None or not is_success(status) else response.body
        del response  # as above
        body = credentials.scrub(body)
        for place in observe(self.plan.drift, self.operation, status, body, self.plan.telemetry):
            if self.plan.hooks is not None:
                yield Notify(place)

    def _show_attempt(self, began: float, outcome: Outcome | None, cause: str | None) -> None:
        if self.span is not None:
            self.span.attempted(time.monotonic() - began, outcome, cause)

    def interrupted(self, ended: BaseException) -> None:
        """Add a note to a foreign exception: what is known of the write that it interrupted.

        An event stream that was opened and is not returned is closed.
        """
        if self.stream is not None:
            self.stream.drop()
        if not isinstance(ended, ChessaError) and not self.operation.is_read:
            ended.add_note(f"{self.operation.name} {INTERRUPTED[self.known]}")

    def log_end(self, ended: BaseException | None) -> None:
        """Log how the call ended: one line."""
        _log.call_ended(
            self.operation.name,
            None if ended is None else self.known,
            status_code=self.status_code,
            attempts=self.attempts,
            elapsed=self.elapsed(),
            request_id=self.request_id,
        )

    # ---- What is known --------------------------------------------------------------------------

    def elapsed(self) -> float:
        """Return the seconds since the start of the call."""
        return time.monotonic() - self._started

    def left(self) -> float:
        """Return the seconds to the deadline."""
        return self.deadline - time.monotonic()

    def circumstances(self) -> Circumstances:
        """Return the attributes that every error of this call has."""
        return Circumstances(
            operation=self.operation.name,
            attempts=self.attempts,
            elapsed=self.elapsed(),
            request_id=self.request_id,
        )


def _is_stream_of(operation: Operation[Any]) -> Callable[[Response], bool]:
    from .streaming import is_stream  # for the operations that need it

    return functools.partial(is_stream, operation)


def _request_id(response: Response, sent: "set[bytes]") -> str | None:
    for name in _REQUEST_ID_HEADERS:
        if name in sent and (value := printable_request_id(response.header(name))) is not None:
            return value
    return None
