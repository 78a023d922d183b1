"""The life of a call, shared by sync and async: prepare, attempt, judge, wait, again.

In: an operation and its arguments; then, for each `Attempt` that it yields, the answer or failure.
Out: steps for a driver, and in the end a `Result` or a `ChessaError`. It neither sends nor sleeps.
"""

import time
import uuid
from collections.abc import Generator, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads
from chessa_api.operation import Operation, RawResponse

from . import _log
from ._bodies import printable_request_id, read_error
from ._config import Settings
from ._errors import Circumstances, ConfigurationError
from ._hooks import Hooks, RequestInfo, ResponseInfo
from ._judge import Facts, is_success, judge
from ._options import Options
from ._outcome import Outcome
from ._reports import Finding, report
from ._request import RequestBase, prepare
from ._retry import Quota, Tried, next_wait, retry_after_seconds
from ._secrets import Credentials
from ._steps import (
    Answer,
    Attempt,
    Failed,
    Fault,
    PreparedRequest,
    Reply,
    Sleep,
    Step,
    Tell,
    Trouble,
    plain_headers,
    scrubbed,
)

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
            request_id=_request_id(self.answer),
        )


Life: TypeAlias = Generator[Step, Reply, Result[T]]


class Call(Generic[T]):
    """One call from its start to its end."""

    def __init__(self, operation: Operation[T], plan: Plan) -> None:
        self._operation = operation
        self._plan = plan
        self._started = time.monotonic()
        self.deadline: Final = self._started + plan.options.seconds(is_read=operation.is_read)
        self._attempts = 0
        self._nothing_sent = True
        """Of all attempts so far: a read that was received once is not NOT_SENT the next time."""

    def prepare(self, arguments: Mapping[str, object]) -> PreparedRequest:
        """Make the request. Raises `InvalidRequestError`."""
        return prepare(self._operation, arguments, self._plan.base)

    def refused(self, error: ConfigurationError) -> ConfigurationError:
        """A refusal of the credentials, with this call's name on it."""
        return ConfigurationError(
            str(error), **self._circumstances(None, timed_out=error.timed_out)
        )

    def live(self, request: PreparedRequest, credentials: Credentials) -> Life[T]:
        """Attempt until there is a result, or until nothing is left to try."""
        call_id = uuid.uuid4().hex if self._plan.hooks else ""
        while True:
            self._attempts += 1
            yield from self._tell(self._request_info(call_id), Outcome.NOT_SENT)
            began = time.monotonic()
            interruption: BaseException | None = None
            reply: Reply = None
            try:
                reply = yield self._attempt(request, credentials)
            except GeneratorExit as error:  # whoever awaits the call has dropped it
                self._note(error, Outcome.UNKNOWN)
                raise
            except BaseException as error:  # noqa: BLE001  # sorted out below, outside of it
                interruption = error
            if interruption is not None:
                try:
                    reply = yield from self._interrupted(interruption, call_id, began)
                finally:
                    del interruption  # it refers to this frame
            result = self._result(reply)
            if isinstance(result, Result):
                self._succeeded(result)
                yield from self._tell(
                    self._response_info(call_id, began, result.answer, None), Outcome.DONE
                )
                return result
            finding, retry_after = self._find(reply, result, credentials)
            yield from self._tell(
                self._response_info(call_id, began, finding.answer, finding.outcome),
                finding.outcome,
            )
            wait = self._next_wait(finding, retry_after)
            if wait is None:
                self._log_end(finding.outcome, finding.answer)
                raise report(finding, self._ending(finding, retry_after))
            status_code = finding.answer.status_code if finding.answer else None
            _log.will_repeat(self._operation.name, status_code, self._attempts, wait)
            yield Sleep(wait)

    def _interrupted(
        self, interruption: BaseException, call_id: str, began: float
    ) -> Generator[Step, Reply, Reply]:
        """What a transport raised is a failure of it; cancellation and Ctrl-C come out again."""
        if isinstance(interruption, Exception):
            fault = Fault(Trouble.UNEXPECTED, type(interruption).__name__)
            return Failed(fault, nothing_sent=False)
        self._note(interruption, Outcome.UNKNOWN)
        if self._plan.hooks:
            yield Tell(self._response_info(call_id, began, None, Outcome.UNKNOWN))
        try:
            raise interruption
        finally:
            del interruption

    def _tell(
        self, record: RequestInfo | ResponseInfo, known: Outcome
    ) -> Generator[Step, Reply, None]:
        """Give a record to the hooks. An interruption there says what is known by now."""
        if self._plan.hooks is None:
            return
        try:
            yield Tell(record)
        except BaseException as interruption:
            self._note(interruption, known)
            raise

    def _attempt(self, request: PreparedRequest, credentials: Credentials) -> Attempt:
        return Attempt(
            request,
            credentials,
            self._operation.is_read,
            self.deadline,
            self._plan.settings.max_response_bytes,
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
            return Result(parsed, envelope, reply, self._attempts, self._elapsed())
        return fault

    def _find(
        self, reply: Reply, fault: Fault | None, credentials: Credentials
    ) -> tuple[Finding, float | None]:
        """What is known of an attempt without result, and how long the server asks to wait."""
        is_read = self._operation.is_read
        if not isinstance(reply, Answer):
            failed = reply or Failed(Fault(Trouble.UNEXPECTED, "NoReply"), nothing_sent=False)
            self._nothing_sent = self._nothing_sent and failed.nothing_sent
            outcome = self._judged(
                Facts(is_read, trouble=failed.fault.trouble, nothing_sent=self._nothing_sent)
            )
            return Finding(is_read, outcome, None, failed.fault), None
        self._nothing_sent = False
        fault = fault or reply.fault
        reply = scrubbed(reply, credentials)
        content = read_error(reply.body, credentials)
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
            max_retries=self._plan.options.max_retries,
            left=self.deadline - time.monotonic(),
            quota=self._plan.quota,
        )

    def _succeeded(self, result: Result[T]) -> None:
        if self._operation.is_read:
            self._plan.quota.give_back(self._attempts - 1)
        self._log_end(None, result.answer)

    def _note(self, interruption: BaseException, known: Outcome) -> None:
        """Cancellation or Ctrl-C: logged, and passed on as it is but for a note on writes."""
        if not self._operation.is_read:
            interruption.add_note(f"{self._operation.name} {_INTERRUPTED[known]}")
        self._log_end(known, None)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _circumstances(self, answer: Answer | None, *, timed_out: bool) -> Circumstances:
        return Circumstances(
            operation=self._operation.name,
            attempts=self._attempts,
            elapsed=self._elapsed(),
            request_id=_request_id(answer) if answer else None,
            timed_out=timed_out,
        )

    def _ending(self, finding: Finding, retry_after: float | None) -> Circumstances:
        timed_out = finding.fault.timed_out if finding.fault else False
        circumstances = self._circumstances(finding.answer, timed_out=timed_out)
        circumstances["retry_after"] = retry_after
        return circumstances

    def _log_end(self, outcome: Outcome | None, answer: Answer | None) -> None:
        _log.call_ended(
            self._operation.name,
            outcome,
            status_code=answer.status_code if answer else None,
            attempts=self._attempts,
            elapsed=self._elapsed(),
            request_id=_request_id(answer) if answer else None,
        )

    def _request_info(self, call_id: str) -> RequestInfo:
        operation = self._operation
        return RequestInfo(
            operation.name, operation.method, operation.path, self._attempts, call_id
        )

    def _response_info(
        self, call_id: str, began: float, answer: Answer | None, outcome: Outcome | None
    ) -> ResponseInfo:
        return ResponseInfo(
            self._operation.name,
            self._attempts,
            call_id,
            answer.status_code if answer else None,
            time.monotonic() - began,
            outcome,
            _request_id(answer) if answer else None,
        )


def _request_id(answer: Answer) -> str | None:
    for name in _REQUEST_ID_HEADERS:
        if (value := printable_request_id(answer.header(name))) is not None:
            return value
    return None
