"""The options of calls: timeout, retries, additions to requests, reference.

An addition that would replace an argument or a header of the client is refused: with money, a
silent override is worse than an error.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

import attrs

from chessa_api.errors import ModelError
from chessa_api.exact_json import dumps, loads
from chessa_api.types import UNSET, Unset

from ._config import MAX_RETRIES, READ_TIMEOUT, WRITE_TIMEOUT, read_timeout, whole_number
from ._credentials import CREDENTIAL_HEADERS
from ._errors import ConfigurationError
from ._hooks import Progress

QueryValue: TypeAlias = str | int | bool | Decimal
ExtraQuery: TypeAlias = Mapping[str, QueryValue | Sequence[QueryValue]]

_LONGEST_REFERENCE: Final = 200
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")
RESERVED_HEADERS: Final = frozenset(
    {
        *CREDENTIAL_HEADERS,
        "authorization",
        "proxy-authorization",
        "cookie",
        "host",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "accept-encoding",
        "connection",
        "proxy-connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
    }
)


@attrs.frozen
class Options:
    """The settings that may differ from call to call."""

    timeout: float | None = None
    max_retries: int = MAX_RETRIES
    extra_headers: tuple[tuple[str, str], ...] = ()
    extra_query: tuple[tuple[str, str], ...] = ()
    extra_body: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    reference: str | None = None
    """The caller's own name for the call, for the journal."""
    once: bool = False
    """Whether a write is claimed under its reference."""
    retry_rejected: bool = False
    """Whether `once` sends again what the API rejected."""
    progress: Progress | None = None

    def seconds(self, *, is_read: bool) -> float:
        """Return the total time of a call."""
        if self.timeout is not None:
            return self.timeout
        return READ_TIMEOUT if is_read else WRITE_TIMEOUT

    def merge(
        self,
        *,
        timeout: float | Unset | None = UNSET,
        max_retries: int | Unset = UNSET,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: ExtraQuery | None = None,
        extra_body: Mapping[str, Any] | None = None,
        reference: str | Unset | None = UNSET,
        once: bool | Unset = UNSET,
        retry_rejected: bool | Unset = UNSET,
        progress: Progress | Unset | None = UNSET,
    ) -> "Options":
        """Return a copy with some options changed. Raises `ConfigurationError`."""
        name = self.reference if reference is UNSET else read_reference(reference)
        is_once = self.once if once is UNSET else _flag("once", once)
        if is_once and name is None:
            raise ConfigurationError("once needs a reference: your own name for the intent.")
        headers = {**dict(self.extra_headers), **_headers(extra_headers)}
        added = read_query(extra_query)
        names = {name for name, _ in added}
        query = (*(pair for pair in self.extra_query if pair[0] not in names), *added)
        return Options(
            self.timeout if timeout is UNSET else read_timeout(timeout),
            self.max_retries
            if max_retries is UNSET
            else whole_number("max_retries", max_retries, at_least=0),
            tuple(headers.items()),
            query,
            {**self.extra_body, **_body(extra_body)},
            name,
            is_once,
            self.retry_rejected
            if retry_rejected is UNSET
            else _flag("retry_rejected", retry_rejected),
            self.progress if progress is UNSET else _callback("progress", progress),
        )


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False.")
    return value


def _callback(name: str, value: Any) -> Any:
    if value is not None and (not callable(value) or inspect.iscoroutinefunction(value)):
        raise ConfigurationError(f"{name} must be a plain function.")
    return value


def read_reference(value: object) -> str | None:
    """Return a reference, or None. Raises `ConfigurationError`."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ConfigurationError("reference must be a str of printable characters, not blank.")
    if len(value) > _LONGEST_REFERENCE:
        raise ConfigurationError(f"reference must be {_LONGEST_REFERENCE} characters or less.")
    return value


def is_header_value(value: object) -> bool:
    """Return whether a value can be sent in a header: printable ASCII without line breaks."""
    return isinstance(value, str) and _VALUE.fullmatch(value) is not None


def _pairs(name: str, value: object) -> list[tuple[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} must be a mapping.")
    mapping = cast("Mapping[object, Any]", value)
    pairs = [(key, item) for key, item in mapping.items() if isinstance(key, str)]
    if len(pairs) != len(mapping):
        raise ConfigurationError(f"The names in {name} must be str.")
    return pairs


def _headers(extra: object) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in _pairs("extra_headers", extra):
        key = name.lower()
        if not _TOKEN.fullmatch(name):
            raise ConfigurationError("extra_headers has a name that is not a valid header name.")
        if key in headers:
            raise ConfigurationError(f"extra_headers has {key} twice.")
        if key in RESERVED_HEADERS:
            raise ConfigurationError(f"extra_headers cannot set {key}: the client does.")
        if not is_header_value(value):
            raise ConfigurationError(
                f"extra_headers: the value of {key} must be a str of printable ASCII characters."
            )
        headers[key] = value
    return headers


def read_query(extra: object) -> tuple[tuple[str, str], ...]:
    """Return names and texts of a query. Raises `ConfigurationError`."""
    pairs: list[tuple[str, str]] = []
    for name, value in _pairs("extra_query", extra):
        several = isinstance(value, (list, tuple))
        values = cast("Sequence[object]", value) if several else (value,)
        pairs += [(name, _query_text(name, item)) for item in values]
    return tuple(pairs)


def _query_text(name: str, value: object) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, int, Decimal)):
        try:
            return dumps(value).decode("ascii")
        except ModelError:
            pass
    raise ConfigurationError(
        f"extra_query: the value of {name} must be a str, int, bool, Decimal or a list of them."
    )


def _body(extra: object) -> dict[str, Any]:
    members = dict(_pairs("extra_body", extra))
    try:
        return cast("dict[str, Any]", loads(dumps(members)))  # a copy that no caller can change
    except ModelError as error:
        problem = str(error)
    raise ConfigurationError(f"extra_body cannot be written as JSON: {problem}.")
