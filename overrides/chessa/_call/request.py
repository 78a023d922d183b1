"""Build the request of a call from its operation and arguments, once and without credentials."""

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

import attrs

from chessa_api import SPEC_HASH
from chessa_api.arguments import BoundArguments
from chessa_api.errors import EncodeError
from chessa_api.exact_json import dumps
from chessa_api.operation import Operation
from chessa_api.parameters import Encoded, percent_encoded
from chessa_api.types import UNSET

from .._config import Settings
from .._errors import InvalidRequestError
from .._interruptions import is_from_signal_handler
from .._options import RESERVED_HEADERS, Options, is_header_value
from .._version import __version__
from .events import Headers, PreparedRequest

if TYPE_CHECKING:
    from .uploads import Upload

_ACCEPT: Final = "application/json"
USER_AGENT: Final = (
    f"chessa-python/{__version__} python/{'.'.join(map(str, sys.version_info[:3]))} "
    f"spec/{SPEC_HASH[:12]}"
)
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@attrs.frozen
class RequestBase:
    """The common part of all requests of a client."""

    origin: str
    prefix: str
    headers: Headers
    extra_query: tuple[tuple[str, str], ...]
    extra_body: Mapping[str, Any]

    @classmethod
    def of(cls, settings: Settings, options: Options) -> "RequestBase":
        """Combine settings and options."""
        headers = {
            "host": settings.origin.netloc,
            "user-agent": USER_AGENT,
            "accept": _ACCEPT,
            "accept-encoding": "identity",
            **dict(options.extra_headers),
        }
        return cls(
            settings.origin.url,
            settings.prefix,
            _encoded(headers.items()),
            options.extra_query,
            options.extra_body,
        )


def prepare(
    operation: Operation[Any], arguments: Mapping[str, object], base: RequestBase
) -> PreparedRequest:
    """Build the request of a call. Raises `InvalidRequestError`."""
    try:
        if operation.save_to is not None:
            _check_place(operation)
        bound = operation.bind(arguments)
        body, content_type = _encoded_body(operation, _body(operation, bound, base))
        target = base.prefix + _path(operation, bound)
        if bound.query or base.extra_query:
            target += _query(operation, bound, base)
        headers = base.headers
        if bound.headers:
            headers += _headers(operation, bound, base)
        if bound.cookies:
            headers += _encoded([("cookie", "; ".join(map("=".join, bound.cookies)))])
    except EncodeError as error:
        if error.__cause__ is not None and is_from_signal_handler(error.__cause__):
            raise error.__cause__ from None
        problem = str(error)
    except UnicodeEncodeError:
        problem = f"{operation.name}: a text holds characters that cannot be sent (lone surrogates)"
    else:
        if operation.accept != _ACCEPT:
            headers = _asking_for(headers, operation.accept)
        if body is not None:
            length = str(len(body)).encode("ascii")
            headers += ((b"content-type", content_type), (b"content-length", length))
        elif operation.method not in _BODILESS:
            headers += ((b"content-length", b"0"),)
        return PreparedRequest(operation.method, base.origin, target, headers, body)
    raise InvalidRequestError(f"{problem}. Nothing was sent.", operation=operation.name)


def _check_place(operation: Operation[Any]) -> None:
    from .saving import problem_with  # for the operations that need it

    if operation.save_to is not None and (problem := problem_with(operation.save_to)):
        raise EncodeError(f"{operation.name}: the response cannot be saved there: {problem}")


def _path(operation: Operation[Any], bound: BoundArguments) -> str:
    parts = list(operation.path_parts)
    for place in range(1, len(parts), 2):
        name = parts[place]
        value = bound.path.get(name)
        if value is None:
            raise EncodeError(f"{operation.name}: a parameter of the path is missing")
        # Servers and proxies read `%2E` as a dot; only an encoded text sends it as it is.
        plain = unquote(value) if isinstance(value, Encoded) else value
        if plain in ("", ".", ".."):
            argument = next(a.name for a in operation.arguments if a.wire == name)
            raise EncodeError(
                f"{operation.name}, argument {argument!r}: must not be empty, '.' or '..'"
            )
        parts[place] = percent_encoded(value)
    return "".join(parts)


def _query(operation: Operation[Any], bound: BoundArguments, base: RequestBase) -> str:
    pairs = bound.query
    if base.extra_query:
        _refuse_overlap(operation, "extra_query", base.extra_query, (name for name, _ in pairs))
        pairs += base.extra_query
    return "?" + "&".join(
        f"{percent_encoded(name)}={percent_encoded(value)}" for name, value in pairs
    )


def _headers(operation: Operation[Any], bound: BoundArguments, base: RequestBase) -> Headers:
    taken = {name.decode("ascii") for name, _ in base.headers}
    for name, value in bound.headers:
        if not is_header_value(value):
            raise EncodeError(
                f"{operation.name}: {name} must be printable ASCII, without line breaks"
            )
        if name.lower() in taken or name.lower() in RESERVED_HEADERS:
            raise EncodeError(f"{operation.name}: the client sets the header {name} itself")
    return _encoded(bound.headers)


def _asking_for(headers: Headers, media_types: str) -> Headers:
    """Return headers that ask for other media types; not where the caller has set that one."""
    usual, asked = (b"accept", _ACCEPT.encode()), (b"accept", media_types.encode("ascii"))
    return tuple(asked if each == usual else each for each in headers)


def _encoded_body(operation: Operation[Any], body: Any) -> "tuple[bytes | Upload | None, bytes]":
    """Return a body as it is sent, and its content type."""
    form = operation.body
    if body is UNSET:
        return None, b""
    if form.kind == "json":
        return dumps(body), form.media_type.encode("ascii")
    from .uploads import encoded  # for the operations that need it

    try:
        data, content_type = encoded(form, body)
    except EncodeError as error:
        problem = f"{operation.name}: {error}"
    else:
        return data, content_type.encode("ascii")
    raise EncodeError(problem)


def _body(operation: Operation[Any], bound: BoundArguments, base: RequestBase) -> Any:
    body = bound.body
    if base.extra_body:
        if operation.method in _BODILESS:
            raise EncodeError(f"{operation.name} has no body that extra_body could be added to")
        members: dict[str, Any] = {}
        if isinstance(body, dict):
            members = cast("dict[str, Any]", body)
        elif body is not UNSET or operation.body.kind in ("text", "binary"):
            raise EncodeError(
                f"{operation.name}: its body is not an object, extra_body does not fit"
            )
        _refuse_overlap(operation, "extra_body", base.extra_body, members)
        body = {**members, **base.extra_body}
    return body


def _refuse_overlap(
    operation: Operation[Any], what: str, extra: Iterable[Any], given: Iterable[str]
) -> None:
    names = {item if isinstance(item, str) else item[0] for item in extra}
    if both := sorted(names.intersection(given)):
        raise EncodeError(
            f"{operation.name}: {what} would replace {', '.join(both)}, which the call gave"
        )


def _encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in headers)
