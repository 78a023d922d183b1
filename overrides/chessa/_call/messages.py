"""Errors and their words: what happened, to which operation, what is known, what to do next.

In: a `Finding` and its outcome. Out: the error to raise. Its text holds no secret and no body; of
the vendor's own words it quotes a line, with everything that looks like an account, id or e-mail
address left out.
"""

import math
import re
from typing import Final

import attrs

from .._errors import (
    ApiError,
    ChessaError,
    Circumstances,
    NotSentError,
    OutcomeUnknownError,
    ResponseError,
)
from .._outcome import Outcome
from .bodies import NO_BODY, ErrorBody, printable_code
from .events import Answer, Fault, Trouble, plain_headers
from .outcomes import ESTABLISHING

_LONGEST_QUOTE: Final = 200
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?")

_NEXT_AFTER_NOT_SENT: Final = {
    Trouble.CERTIFICATE: (
        "Nothing happened at the server. Check base_url, proxy and ssl_context. If a proxy "
        "inspects TLS, trust_env=True trusts the certificates of this machine (SSL_CERT_FILE)."
    ),
    Trouble.UNSENDABLE: "Nothing happened at the server. Check the arguments and base_url.",
    Trouble.NO_TRANSPORT: "Nothing was sent. Check what transport= is given.",
    Trouble.JOURNAL: "Once the journal can be written, it is safe to call again.",
    Trouble.CLOSED: "Nothing was sent. Make a new client, or close this one later.",
}
_NEXT_AFTER_REFUSAL: Final = {
    401: "Check client_id and client_secret.",
    403: "Check what these credentials may do.",
    429: "Wait before the next call.",
}


@attrs.frozen
class Finding:
    """What is known when an attempt has brought no result."""

    is_read: bool
    outcome: Outcome
    answer: Answer | None
    fault: Fault | None
    """Why there is no answer, or no use in it."""
    content: ErrorBody = NO_BODY


def report(finding: Finding, circumstances: Circumstances) -> ChessaError:
    """The error for a call that ended without a result."""
    circumstances = {**circumstances, "outcome": finding.outcome}
    cause = finding.fault.cause if finding.fault else None
    status_code = finding.answer.status_code if finding.answer else None
    text = f"{circumstances.get('operation')} {_words(finding)}"
    if wait := circumstances.get("retry_after"):
        text += f" The server asks to wait {math.ceil(wait)} s."
    if circumstances.get("request_id"):
        text += f" (Request {circumstances.get('request_id')}.)"
    if finding.outcome is Outcome.NOT_SENT:
        return NotSentError(text, cause=cause, **circumstances)
    if finding.outcome is Outcome.REJECTED and finding.answer is not None:
        return ApiError.for_status(finding.answer.status_code)(
            text,
            status_code=finding.answer.status_code,
            code=finding.content.code,
            messages=finding.content.messages,
            body=finding.content.body,
            headers=plain_headers(finding.answer.headers),
            **circumstances,
        )
    unanswered = ResponseError if finding.is_read else OutcomeUnknownError
    return unanswered(
        text,
        status_code=status_code,
        code=finding.content.code,
        message="; ".join(finding.content.messages),
        body=finding.content.body,
        cause=cause,
        **circumstances,
    )


def _words(finding: Finding) -> str:
    if finding.outcome is Outcome.NOT_SENT:
        return _not_sent(finding.fault)
    if finding.outcome is Outcome.REJECTED:
        return _refused(finding)
    if finding.is_read:
        return (
            f"brought no usable answer: {_what_failed(finding)}. "
            "A read changes nothing, so it is safe to call again."
        )
    if finding.outcome is Outcome.DONE:
        return (
            f"was carried out, but its answer could not be used: {_what_failed(finding)}. "
            "Do not repeat it; look up its result."
        )
    return (
        f"{_sent(finding.fault)}, and whether it happened is unknown: {_what_failed(finding)}. "
        f"{_credentials_first(finding)}Do not repeat it before you have looked up what it changes."
    )


def _sent(fault: Fault | None) -> str:
    """Of what a given transport says, without evidence, nothing is certain."""
    return "may have been sent" if fault and fault.trouble in ESTABLISHING else "was sent"


def _not_sent(fault: Fault | None) -> str:
    if fault is None:
        return "was not sent."
    advice = _NEXT_AFTER_NOT_SENT.get(
        fault.trouble, "Nothing happened at the server, so it is safe to call again."
    )
    why = fault.trouble.value
    if fault.trouble is Trouble.CLOSED:
        return f"was not sent: {why}. {advice}"
    return f"was not sent: {why}{' in time' if fault.timed_out else ''} ({fault.cause}). {advice}"


def _refused(finding: Finding) -> str:
    status_code = finding.answer.status_code if finding.answer else 0
    code = printable_code(finding.content.code)
    quote = _quotable(finding.content.messages)
    text = f"was answered with {status_code}{f' {code}' if code else ''}"
    text += f': "{quote}".' if quote else "."
    if not finding.is_read:
        text += " It was not carried out."
    advice = _NEXT_AFTER_REFUSAL.get(status_code)
    return f"{text} {advice}" if advice else text


def _what_failed(finding: Finding) -> str:
    parts = [f"status {finding.answer.status_code}"] if finding.answer else []
    if finding.fault is not None:
        late = "time ran out" if finding.fault.timed_out else finding.fault.trouble.value
        parts.append(f"{late} ({finding.fault.cause})")
    elif finding.content.code is not None and (code := printable_code(finding.content.code)):
        parts.append(code)
    return ", ".join(parts)


def _credentials_first(finding: Finding) -> str:
    if finding.answer is not None and finding.answer.status_code in (401, 403):
        return "The credentials are the first thing to check. "
    return ""


def _quotable(messages: tuple[str, ...]) -> str:
    words = ["", *"; ".join(messages)[: 10 * _LONGEST_QUOTE].split(), ""]
    shown = [
        "…" if _may_be_personal(word, *neighbours) else word
        for word, *neighbours in zip(words[1:-1], words, words[2:], strict=False)
    ]
    text = "".join(c if c.isprintable() else "?" for c in " ".join(shown))
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _may_be_personal(word: str, *neighbours: str) -> bool:
    """Whether a word could be an account, an id, an address or a number of somebody's.

    A short number is a limit or an amount; beside another it may be a group of an account.
    """
    is_short = _SHORT_NUMBER.fullmatch(word.strip("().,:;")) is not None
    if is_short and not any(character.isdigit() for other in neighbours for character in other):
        return False
    return "@" in word or sum(character.isdigit() for character in word) > 1
