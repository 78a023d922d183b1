"""The life of a call, shared by sync and async: prepare, attempt, judge, wait, again.

In: an operation and its arguments; then, for each `Attempt` that it yields, the answer or failure.
Out: steps for a driver, and in the end a `Result` or a `ChessaError`. It neither sends nor sleeps.
"""

import datetime
import os
import time
from collections.abc import Generator, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, cast

import attrs

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads
from chessa_api.operation import Operation, RawResponse

from .. import _log
from .._config import Settings
from .._errors import ChessaError, Circumstances, ConfigurationError
from .._hooks import Hooks, RequestInfo, ResponseInfo
from .._journal import PATIENCE, PATIENCE_INTERRUPTED, TIMED_OUT, Journal, JournalRecord, enter
from .._options import Options
from .._outcome import Outcome
from .._secrets import Credentials
from .bodies import printable_request_id, read_error
from .events import (
    Answer,
    Attempt,
    Enter,
    Failed,
    Fault,
    PreparedRequest,
    Reply,
    Sleep,
    Step,
    Tell,
    Trouble,
    plain_headers,
)
from .messages import Finding, report
from .outcomes import Facts, is_success, judge
from .request import RequestBase, prepare
from .retry import Quota, Tried, next_wait, retry_after_seconds

T = TypeVar("T")
_INTERRUPTED: Final = {
    Outcome.NOT_SENT: "was interrupted before it was sent.",
    Outcome.REJECTED: "was answered no, and interrupted before it could say so.",
    Outcome.UNKNOWN: "was interrupted while it was sent: whether it happened is unknown. Look up "
    "what it changes before you repeat it.",
    Outcome.DONE: "was carried out, and interrupted before it could return its result. Do not "
    "repeat it; look up its result.",
}
_REQUEST_ID_HEADERS: Final = (b"x-request-id", b"request-id", b"x-correlation-id", b"cf-ray")


@attrs.frozen
class Plan:
    """What every call of a client shares."""

    settings: Settings
    options: Options
    base: RequestBase
    quota: Quota
    hooks: Hooks | None = None
    journal: Journal | None = None

    def changed(self, options: Options) -> "Plan":
        """The same with other options."""
        base = RequestBase.of(self.settings, options)
        return attrs.evolve(self, options=options, base=base)


@attrs.frozen
class Result(Generic[T]):
    """A call that brought what it was made for."""

    parsed: T
    envelope: Any
    answer: Answer
    attempts: int
    elapsed: float
    request_id: str | None

    def raw(self) -> RawResponse[T]:
        """The result with the response around it."""
        return RawResponse(
            parsed=self.parsed,
            envelope=self.envelope,
            status_code=self.answer.status_code,
            headers=plain_headers(self.answer.headers),
            body=self.answer.body,
            attempts=self.attempts,
            elapsed=self.elapsed,
            request_id=self.request_id,
        )


Life: TypeAlias = Generator[Step, Reply, Result[T]]


class Call(Generic[T]):
    """One call from its start to its end."""

    def __init__(self, operation: Operation[T], plan: Plan) -> None:
        self._operation = operation
        self.plan: Final = plan
        self._started = time.monotonic()
        self.deadline: Final = self._started + plan.options.seconds(is_read=operation.is_read)
        self._attempts = 0
        self._call_id = os.urandom(16).hex() if plan.hooks or plan.journal else ""
        self._known = Outcome.NOT_SENT
        """What would be known of the call, should it end now."""
        self._status_code: int | None = None
        self._request_id: str | None = None
        self._is_open = False
        self._nothing_sent = True
        """Of all attempts so far."""

    def prepare(self, arguments: Mapping[str, object]) -> PreparedRequest:
        """Make the request. Raises `InvalidRequestError`."""
        return prepare(self._operation, arguments, self.plan.base)

    def refused(self, error: ConfigurationError) -> ConfigurationError:
        """A refusal of the credentials, with this call's name on it."""
        return ConfigurationError(str(error), **self._circumstances(timed_out=error.timed_out))

    def live(self, request: PreparedRequest, credentials: Credentials) -> Life[T]:
        """Attempt until there is a result, or until nothing is left to try.

        A write is entered in the journal before its first byte, and at its end, whatever that is.
        """
        result: Result[T] | None = None
        ended: BaseException | None = None
        try:
            if self.plan.journal is not None and not self._operation.is_read:
                yield from self._open()
            result = yield from self._tries(request, credentials)
        except GeneratorExit as error:  # whoever awaits the call has dropped it: no step is taken
            self._note(error)
            self._close_at_once()
            raise
        except BaseException as error:  # noqa: BLE001  # it comes out again below
            ended = error
        try:
            if ended is not None and not isinstance(ended, ChessaError):
                self._note(ended)
            try:
                if self._is_open:
                    yield from self._close(ended)
            except BaseException as interruption:
                self._remark(interruption)
                raise
            if ended is not None:
                raise ended
            return cast("Result[T]", result)
        finally:
            del ended
            self._close_at_once()  # where Ctrl-C struck just now

    def _tries(self, request: PreparedRequest, credentials: Credentials) -> Life[T]:
        while True:
            self._attempts += 1
            yield from self._tell_start()
            began = time.monotonic()
            reply = yield from self._attempted(self._attempt(request, credentials), began)
            if isinstance(reply, Answer):
                self._status_code, self._request_id = reply.status_code, _request_id(reply)
            result = self._result(reply)
            if isinstance(result, Result):
                self._known = Outcome.DONE
                self._succeeded(result)
                yield from self._tell_end(began, None)
                return result
            finding, retry_after = self._find(reply, result, credentials)
            del reply  # a traceback prints what its frames hold, and a body may hold the secret
            self._known = finding.outcome
            yield from self._tell_end(began, finding.outcome)
            wait = self._next_wait(finding, retry_after)
            if wait is None:
                self._log_end(finding.outcome)
                raise report(finding, self._ending(finding, retry_after))
            _log.will_repeat(self._operation.name, self._status_code, self._attempts, wait)
            yield Sleep(wait)

    def _attempted(self, attempt: Attempt, began: float) -> Generator[Step, Reply, Reply]:
        """What a transport raised is a failure of it; cancellation and Ctrl-C come out again."""
        self._known = Outcome.UNKNOWN
        self._status_code = self._request_id = None
        interruption: BaseException | None = None
        try:
            return (yield attempt)
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001  # sorted out below, outside of it
            interruption = error
        try:
            if isinstance(interruption, Exception):
                fault = Fault(Trouble.UNEXPECTED, type(interruption).__name__)
                return Failed(fault, nothing_sent=False)
            yield from self._tell_end(began, Outcome.UNKNOWN)
            raise interruption
        finally:
            del interruption  # it refers to this frame

    def _tell_start(self) -> Generator[Step, Reply, None]:
        if self.plan.hooks is not None:
            asked = self._operation
            yield Tell(
                RequestInfo(asked.name, asked.method, asked.path, self._attempts, self._call_id)
            )

    def _tell_end(self, began: float, outcome: Outcome | None) -> Generator[Step, Reply, None]:
        if self.plan.hooks is not None:
            yield Tell(
                ResponseInfo(
                    self._operation.name,
                    self._attempts,
                    self._call_id,
                    self._status_code,
                    time.monotonic() - began,
                    outcome,
                    self._request_id,
                )
            )

    def _open(self) -> Generator[Step, Reply, None]:
        """Enter a write in the journal. Raises `NotSentError` when it does not take it."""
        step = Enter(self._record("opened"), self.deadline - time.monotonic())
        self._is_open = True
        if not isinstance(cause := (yield step), str):
            return
        self._is_open = cause == TIMED_OUT  # then it may have been entered, or will be
        fault = Fault(Trouble.JOURNAL, cause, timed_out=self._is_open)
        finding = Finding(False, Outcome.NOT_SENT, None, fault)
        self._log_end(finding.outcome)
        raise report(finding, self._ending(finding, None))

    def _close(self, ended: BaseException | None) -> Generator[Step, Reply, None]:
        record = self._record("closed", None if ended is None else self._known)
        left = max(0.0, self.deadline - time.monotonic()) + PATIENCE
        if not isinstance(ended, ChessaError | None):  # cancelled: nobody waits for long
            left = min(left, PATIENCE_INTERRUPTED)
        step = Enter(record, left)
        self._is_open = False
        self._entered(record, (yield step))

    def _close_at_once(self) -> None:
        if self._is_open and self.plan.journal is not None:
            self._is_open = False
            record = self._record("closed", self._known)
            self._entered(record, enter(self.plan.journal, record))

    def _entered(self, record: JournalRecord, cause: Reply) -> None:
        if isinstance(cause, str):
            _log.journal_failed(record.operation, record.call_id, cause)

    def _record(
        self, event: Literal["opened", "closed"], outcome: Outcome | None = None
    ) -> JournalRecord:
        is_closed = event == "closed"
        return JournalRecord(
            event=event,
            call_id=self._call_id,
            reference=self.plan.options.reference,
            operation=self._operation.name,
            attempt=self._attempts if is_closed else 1,
            at=datetime.datetime.now(datetime.UTC),
            outcome=outcome,
            status_code=self._status_code,
            elapsed=self._elapsed() if is_closed else None,
        )

    def _attempt(self, request: PreparedRequest, credentials: Credentials) -> Attempt:
        return Attempt(
            request,
            credentials,
            self._operation.is_read,
            self.deadline,
            self.plan.settings.max_response_bytes,
        )

    def _result(self, reply: Reply) -> Result[T] | Fault | None:
        """The result in a reply; or why there is none in this 2xx; or None for everything else."""
        if not isinstance(reply, Answer) or not is_success(reply.status_code):
            return None
        status_code = reply.status_code
        parsed: Any = None
        envelope: Any = None
        fault = reply.fault
        try:
            if not self._operation.answers_nothing(status_code):
                if fault is not None:
                    return fault
                parsed, envelope = self._operation.decode(status_code, loads(reply.body))
        except DecodeError as error:
            fault = Fault(Trouble.BODY, f"DecodeError: {error}")
        except Exception as error:  # noqa: BLE001  # whatever a body does to a decoder
            fault = Fault(Trouble.BODY, type(error).__name__)
        else:
            return Result(
                parsed, envelope, reply, self._attempts, self._elapsed(), self._request_id
            )
        return fault

    def _find(
        self, reply: Reply, fault: Fault | None, credentials: Credentials
    ) -> tuple[Finding, float | None]:
        """What is known of an attempt without result, and how long the server asks to wait."""
        is_read = self._operation.is_read
        if not isinstance(reply, Answer):
            unforeseen = Failed(Fault(Trouble.UNEXPECTED, "NoReply"), nothing_sent=False)
            failed = reply if isinstance(reply, Failed) else unforeseen
            self._nothing_sent = self._nothing_sent and failed.nothing_sent
            outcome = self._judged(
                Facts(is_read, trouble=failed.fault.trouble, nothing_sent=self._nothing_sent)
            )
            return Finding(is_read, outcome, None, failed.fault), None
        self._nothing_sent = False
        fault = fault or reply.fault
        content = read_error(reply.body, credentials)
        reply = attrs.evolve(reply, body=b"")  # it may hold the secret in escapes
        facts = Facts(
            is_read,
            reply.status_code,
            envelope_status=None if reply.fault else content.envelope_status,
            trouble=fault.trouble if fault else None,
        )
        retry_after = retry_after_seconds(reply.header(b"retry-after"), time.time())
        return Finding(is_read, self._judged(facts), reply, fault, content), retry_after

    def _judged(self, facts: Facts) -> Outcome:
        return judge(facts) or Outcome.UNKNOWN

    def _next_wait(self, finding: Finding, retry_after: float | None) -> float | None:
        return next_wait(
            Tried(
                finding.is_read,
                finding.outcome,
                finding.answer.status_code if finding.answer else None,
                finding.fault.trouble if finding.fault else None,
                retry_after,
                self._attempts - 1,
            ),
            max_retries=self.plan.options.max_retries,
            left=self.deadline - time.monotonic(),
            quota=self.plan.quota,
        )

    def _succeeded(self, result: Result[T]) -> None:
        if self._operation.is_read:
            self.plan.quota.give_back(self._attempts - 1)
        self._log_end(None)

    def _note(self, interruption: BaseException) -> None:
        """Cancellation or Ctrl-C: logged, and passed on as it is but for a note on writes."""
        self._remark(interruption)
        self._log_end(self._known)

    def _remark(self, interruption: BaseException) -> None:
        if not self._operation.is_read:
            interruption.add_note(f"{self._operation.name} {_INTERRUPTED[self._known]}")

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _circumstances(self, *, timed_out: bool) -> Circumstances:
        return Circumstances(
            operation=self._operation.name,
            attempts=self._attempts,
            elapsed=self._elapsed(),
            request_id=self._request_id,
            timed_out=timed_out,
        )

    def _ending(self, finding: Finding, retry_after: float | None) -> Circumstances:
        timed_out = finding.fault.timed_out if finding.fault else False
        circumstances = self._circumstances(timed_out=timed_out)
        circumstances["retry_after"] = retry_after
        return circumstances

    def _log_end(self, outcome: Outcome | None) -> None:
        _log.call_ended(
            self._operation.name,
            outcome,
            status_code=self._status_code,
            attempts=self._attempts,
            elapsed=self._elapsed(),
            request_id=self._request_id,
        )


def _request_id(answer: Answer) -> str | None:
    sent = {name for name, _ in answer.headers}
    for name in _REQUEST_ID_HEADERS:
        if name in sent and (value := printable_request_id(answer.header(name))) is not None:
            return value
    return None
