"""Message texts: what happened, to which operation, what is known, what to do next.

A text holds no secret and no body; of the vendor's own message it quotes a line, with everything
that looks like an account, id or e-mail address left out.
"""

import math
import re
from typing import Final

from chessa_api.errors import Outcome

from .._errors import (
    ApiError,
    ChessaError,
    Circumstances,
    NotSentError,
    OutcomeUnknownError,
    ResponseError,
)
from .bodies import printable_code
from .events import AttemptResult, ErrorKind, Failure, plain_headers
from .outcomes import ESTABLISHING

_LONGEST_QUOTE: Final = 200
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?")

_NEXT_AFTER_NOT_SENT: Final = {
    ErrorKind.CERTIFICATE: (
        "Nothing happened at the server. Check base_url, proxy and ssl_context. If a proxy "
        "inspects TLS, trust_env=True trusts the certificates of this machine (SSL_CERT_FILE)."
    ),
    ErrorKind.UNSENDABLE: "Nothing happened at the server. Check the arguments and base_url.",
    ErrorKind.NO_TRANSPORT: "Nothing was sent. Check what transport= is given.",
    ErrorKind.JOURNAL: "Once the journal can be written, it is safe to call again.",
    ErrorKind.LATE: "Nothing happened at the server, so it is safe to call again.",
    ErrorKind.CLOSED: "Nothing was sent. Make a new client, or close this one later.",
}
_NEXT_AFTER_REJECTION: Final = {
    401: "Check client_id and client_secret.",
    403: "Check what these credentials may do.",
    429: "Wait before the next call.",
}
INTERRUPTED: Final = {
    Outcome.NOT_SENT: "was interrupted before it was sent.",
    Outcome.REJECTED: "was rejected by the API; the call was interrupted before the error could be "
    "raised.",
    Outcome.UNKNOWN: "was interrupted while it was in flight: whether it happened is unknown. Look "
    "up what it changes before you call it again.",
    Outcome.DONE: "was carried out; the call was interrupted before it could return its result. Do "
    "not call it again; look up its result.",
}
"""Notes on an interruption, by what is known of the write."""


def build_error(
    result: AttemptResult,
    outcome: Outcome,
    circumstances: Circumstances,
    *,
    is_read: bool,
    is_harmless: bool = False,
) -> ChessaError:
    """Return the error for a call that ended without a result.

    `is_harmless`: whether a duplicate of the operation moves no money.
    """
    circumstances = {**circumstances, "outcome": outcome, "timed_out": result.timed_out}
    circumstances["retry_after"] = result.retry_after
    told = _describe(result, outcome, is_read=is_read, is_harmless=is_harmless)
    text = f"{circumstances.get('operation')} {told}"
    if result.retry_after:
        text += f" The server asks to wait {math.ceil(result.retry_after)} s."
    if circumstances.get("request_id"):
        text += f" (Request {circumstances.get('request_id')}.)"
    if outcome is Outcome.NOT_SENT:
        return NotSentError(text, cause=result.cause, **circumstances)
    if outcome is Outcome.REJECTED and result.response is not None:
        return ApiError.for_status(result.response.status_code)(
            text,
            status_code=result.response.status_code,
            code=result.error.code,
            messages=result.error.messages,
            body=result.error.body,
            headers=plain_headers(result.response.headers),
            **circumstances,
        )
    without_result = ResponseError if is_read else OutcomeUnknownError
    return without_result(
        text,
        status_code=result.status_code,
        code=result.error.code,
        message="; ".join(result.error.messages),
        body=result.error.body,
        cause=result.cause,
        **circumstances,
    )


def _describe(result: AttemptResult, outcome: Outcome, *, is_read: bool, is_harmless: bool) -> str:
    if outcome is Outcome.NOT_SENT:
        return _not_sent(result.failure)
    if outcome is Outcome.REJECTED:
        return _rejected(result, is_read=is_read)
    if is_read:
        return (
            f"brought no usable response: {_what_failed(result)}. "
            "A read changes nothing, so it is safe to call again."
        )
    if outcome is Outcome.DONE:
        return (
            f"was carried out, but its response could not be used: {_what_failed(result)}. "
            "Do not call it again; look up its result."
        )
    advice = "Do not call it again before you have looked up what it changes."
    if is_harmless:
        advice = "It moves no money, and a duplicate is harmless: call again."
    return (
        f"{_sent(result.kind)}, and whether it happened is unknown: {_what_failed(result)}. "
        f"{_credentials_first(result)}{advice}"
    )


def _sent(kind: ErrorKind | None) -> str:
    """Without evidence nothing that a given transport reports is certain."""
    return "may have been sent" if kind in ESTABLISHING else "was sent"


def _not_sent(failure: Failure | None) -> str:
    if failure is None:
        return "was not sent."
    advice = _NEXT_AFTER_NOT_SENT.get(
        failure.kind,
        "Nothing happened at the server, so it is safe to call again. If it persists, check "
        "base_url and proxy.",
    )
    why = failure.kind.value
    if failure.kind is ErrorKind.CLOSED:
        return f"was not sent: {why}. {advice}"
    late = " in time" if failure.timed_out else ""
    return f"was not sent: {why}{late} ({failure.cause}). {advice}"


def _rejected(result: AttemptResult, *, is_read: bool) -> str:
    code = printable_code(result.error.code)
    quote = _quotable(result.error.messages)
    text = f"was rejected with {result.status_code}{f' {code}' if code else ''}"
    text += f': "{quote}".' if quote else "."
    if not is_read:
        text += " It was not carried out."
    advice = _NEXT_AFTER_REJECTION.get(result.status_code or 0)
    return f"{text} {advice}" if advice else text


def _what_failed(result: AttemptResult) -> str:
    parts = [f"status {result.status_code}"] if result.response else []
    if result.failure is not None:
        late = "time ran out" if result.timed_out else result.failure.kind.value
        parts.append(f"{late} ({result.failure.cause})")
    elif code := printable_code(result.error.code):
        parts.append(code)
    return ", ".join(parts)


def _credentials_first(result: AttemptResult) -> str:
    if result.status_code in (401, 403):
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
    """Return whether a word could be an account, an id, an address or a phone number.

    A short number is a limit or an amount; next to another it may be part of an account number.
    """
    is_short = _SHORT_NUMBER.fullmatch(word.strip("().,:;")) is not None
    if is_short and not any(character.isdigit() for other in neighbours for character in other):
        return False
    return "@" in word or sum(character.isdigit() for character in word) > 1
