"""The table of outcomes, again: the error of a call by the status and body of its response.

Written from the policy, apart from the client's own table.
"""

from collections.abc import Mapping
from typing import Any, Final

import attrs

import chessa
from chessa import Outcome
from chessa.testing._spec.document import SpecOperation
from tests.property.effective import node
from tests.property.json_text import read

_BY_STATUS: Final[Mapping[int, type[chessa.ApiError]]] = {
    400: chessa.BadRequestError,
    401: chessa.AuthenticationError,
    403: chessa.PermissionDeniedError,
    404: chessa.NotFoundError,
    422: chessa.UnprocessableEntityError,
    429: chessa.RateLimitError,
}
_PROVES_NOTHING: Final = (408, 409, 423, 425, 499)


@attrs.frozen
class Expected:
    """The error that a call must end with."""

    error: type[chessa.ChessaError]
    outcome: Outcome


def is_read(documented: SpecOperation) -> bool:
    """Return whether an operation may be retried: it is a GET, or the spec says so."""
    is_safe = documented.method in ("GET", "HEAD", "OPTIONS")
    return is_safe or node(documented).get("x-safe-to-repeat") is True


def of_error(documented: SpecOperation, status: int, body: bytes) -> Expected:
    """Return the error for a status that is not a 2xx."""
    by_status = _BY_STATUS.get(status, chessa.ApiError)
    if 500 <= status <= 599:
        by_status = chessa.ServerError
    if is_read(documented):
        return Expected(by_status, Outcome.REJECTED)
    if 400 <= status <= 499 and status not in _PROVES_NOTHING and speaks_for_the_api(body, status):
        return Expected(by_status, Outcome.REJECTED)
    return Expected(chessa.OutcomeUnknownError, Outcome.UNKNOWN)


def of_unusable_success(documented: SpecOperation) -> Expected:
    """Return the error for a 2xx whose body cannot be read as the operation's success."""
    if is_read(documented):
        return Expected(chessa.ResponseError, Outcome.UNKNOWN)
    return Expected(chessa.OutcomeUnknownError, Outcome.DONE)


def speaks_for_the_api(body: bytes, status: int) -> bool:
    """Return whether a body is the complete envelope of the vendor, with this very status."""
    try:
        envelope = read(body)
    except ValueError:
        return False
    if not isinstance(envelope, dict) or type(envelope.get("error")) is not str:
        return False
    message: Any = envelope.get("message")
    texts = message if isinstance(message, list) else [message]
    says = any(isinstance(text, str) for text in texts)
    return says and type(envelope.get("statusCode")) is int and envelope["statusCode"] == status
