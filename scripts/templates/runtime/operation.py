"""An operation as data: the mapping of its arguments and responses to HTTP.

No I/O: a `Performer` sends the request.
"""

import re
from collections.abc import Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    cast,
)

import attrs

from .codecs import Codec, Misfit
from .errors import AbsentFieldError, DecodeError, EncodeError
from .exact_json import dumps, loads
from .media import JSON_BODY, BodyCodec, BodyForm
from .types import UNSET

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from .files import SavedFile

T = TypeVar("T")
Location = Literal["path", "query", "header", "member", "body"]
_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_INDEX: Final = re.compile("0|[1-9][0-9]{0,9}")
_EXPRESSION: Final = re.compile(
    r"\$(?:request\.(?:(path|query|header)\.(.+)|body(?:#(.*))?)|response\.body(?:#(.*))?)"
)


@attrs.frozen
class Argument:
    """One argument of an operation. `member`: of a JSON object body; `body`: the body itself."""

    name: str
    wire: str
    location: Location
    codec: Codec
    required: bool = False
    separator: str | None = ","
    """The separator of list items; None sends the parameter once for each item."""


class BoundArguments(NamedTuple):
    """The arguments of one call in their wire form, texts not yet percent-encoded."""

    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: Any
    """A JSON value, the members of a form, a text, a file; `UNSET` where the call has no body."""


@attrs.frozen
class Link:
    """Another operation that shows whether this one was carried out (an OpenAPI Link)."""

    operation: str
    """The method that callers use: `orders.retrieve`."""
    arguments: Mapping[str, str]
    """Runtime expressions of OpenAPI, or constants, by the names of its arguments."""
    evidence: str | None = None
    """JSON pointer into its response body: a value there means that the call was carried out."""

    def resolve(self, bound: BoundArguments, response: Any = UNSET) -> dict[str, Any] | None:
        """Return the arguments of the call to make; `response` is the JSON of this call's body.

        None where an expression has no value: it needs a response that was lost.
        """
        found = {name: _value(text, bound, response) for name, text in self.arguments.items()}
        return None if any(map(_is_no_argument, found.values())) else found

    def is_shown(self, body: Any) -> bool:
        """Return whether the other operation's JSON body shows that the call was carried out.

        An absent or empty value is not evidence, nor is null.
        """
        found = UNSET if self.evidence is None else _pointed(body, self.evidence)
        return found is not UNSET and found is not None and found not in ({}, [], "")


def _value(expression: str, bound: BoundArguments, response: Any) -> Any:
    if not expression.startswith("$"):
        return expression
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        return UNSET
    location, name, sent, received = match.groups()
    if location == "path":
        return bound.path.get(name, UNSET)
    if location == "query":
        return next((text for key, text in bound.query if key == name), UNSET)
    if location == "header":
        texts = (text for key, text in bound.headers if key.lower() == name.lower())
        return next(texts, UNSET)
    if expression.startswith("$request"):
        return _pointed(bound.body, sent or "")
    return _pointed(response, received or "")


def _is_no_argument(value: Any) -> bool:
    return value is UNSET or value is None or isinstance(value, (dict, list))


def _pointed(value: Any, pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) points at, `UNSET` where there is nothing."""
    for raw in pointer.split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(part, UNSET)
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return UNSET
    return value


@attrs.frozen
class RawResponse(Generic[T]):
    """A result together with the HTTP response that it came in."""

    parsed: T
    """The result that the method returns."""
    envelope: Any = attrs.field(repr=False)
    """The complete response body: the model around `parsed`, or `parsed` itself."""
    status_code: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    attempts: int
    elapsed: float
    """Seconds, waits between attempts included."""
    request_id: str | None = None


@attrs.frozen
class Operation(Generic[T]):
    """One operation as the spec describes it."""

    name: str
    """The method that callers use: `orders.request_refund`."""
    method: str
    path: str
    operation_id: str | None
    """The vendor's own name for it, when it has one."""
    is_read: bool
    """True if calling it twice does no more than calling it once."""
    arguments: tuple[Argument, ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()
    """Arguments of which at most one may be given."""
    body: BodyForm = JSON_BODY
    body_required: bool = False
    responses: Mapping[str, Codec | None] = attrs.field(factory=dict)
    """By status (`200`, `2XX`, `default`); None where the response has no content."""
    accept: str = "application/json"
    """The media types of a success."""
    unwrap: str | None = None
    fixed_query: tuple[tuple[str, str], ...] = ()
    """Sent with every call."""
    links: tuple[Link, ...] = ()
    """Where to check whether it was carried out."""
    once_per: str | None = None
    """The argument that names its subject: it is carried out at most once for each."""
    duplicate_is_harmless: bool = False
    """True if a second call after an unknown outcome moves no money and does no harm."""
    is_personal: bool = False
    """True if the response holds personal data."""
    save_to: "Path | None" = None
    """The file that the response is saved to."""

    path_parts: tuple[str, ...] = attrs.field(init=False, eq=False, repr=False)
    """The path, split: text, the name of a parameter, text, …, text."""
    _known: Mapping[str, Argument] = attrs.field(init=False, eq=False, repr=False)
    _required: tuple[str, ...] = attrs.field(init=False, eq=False, repr=False)
    _sends_object: bool = attrs.field(init=False, eq=False, repr=False)
    """True if a body is sent even when none of its members is given."""
    _answers: dict[int, tuple[Codec | None, ...]] = attrs.field(init=False, eq=False, repr=False)
    """The documented responses to try, by the statuses received so far."""

    def __attrs_post_init__(self) -> None:
        takes_body = any(argument.location == "body" for argument in self.arguments)
        required = (argument.name for argument in self.arguments if argument.required)
        put = object.__setattr__  # as attrs does: the class is frozen
        put(self, "path_parts", tuple(_PARAMETER.split(self.path)))
        put(self, "_known", {argument.name: argument for argument in self.arguments})
        put(self, "_required", tuple(required))
        put(self, "_sends_object", self.body_required and not takes_body)
        put(self, "_answers", {})

    def saved_to(self, path: "str | os.PathLike[str]") -> "Operation[SavedFile]":
        """Return the operation with another result: its response is saved to a file."""
        from pathlib import Path  # for the operations that need it

        return cast("Operation[SavedFile]", attrs.evolve(self, save_to=Path(path)))

    def bind(self, arguments: Mapping[str, object]) -> BoundArguments:
        """Put arguments into their wire form.

        Raises `EncodeError` naming the operation and the argument, never its value.
        """
        self._check_names(arguments)
        path: dict[str, str] = {}
        query = list(self.fixed_query)
        headers: list[tuple[str, str]] = []
        members: dict[str, Any] = {}
        body: Any = UNSET
        for argument in self.arguments:
            given = arguments.get(argument.name, UNSET)
            if given is UNSET:
                continue
            value = self._encode(argument, given)
            location = argument.location
            if location == "member":
                members[argument.wire] = value
            elif location == "path":
                path[argument.wire] = self._texts(argument, value)[0]
            elif location == "query":
                query += [(argument.wire, text) for text in self._texts(argument, value)]
            elif location == "header":
                headers += [(argument.wire, text) for text in self._texts(argument, value)]
            else:
                body = value
        if members or self._sends_object:
            body = members
        return BoundArguments(path, tuple(query), tuple(headers), body)

    def _check_names(self, arguments: Mapping[str, object]) -> None:
        if not self._known.keys() >= arguments.keys():
            for name, value in arguments.items():
                if value is not UNSET and name not in self._known:
                    raise EncodeError(f"{self.name} takes no argument {name!r}")
        for name in self._required:
            if arguments.get(name, UNSET) is UNSET:
                raise EncodeError(f"{self.name} needs the argument {name!r}")
        for group in self.exclusive:
            both = [name for name in group if arguments.get(name, UNSET) is not UNSET]
            if len(both) > 1:
                raise EncodeError(f"{self.name} takes only one of {' and '.join(both)}")

    def _encode(self, argument: Argument, value: object) -> Any:
        try:
            return argument.codec.encode(value)
        except EncodeError as error:
            problem = f"{self.name}, argument {argument.name!r}: {error}"
            if value is None and not argument.required:
                problem += ": leave it out, or give UNSET"
        except RecursionError:
            problem = f"{self.name}, argument {argument.name!r}: it is nested too deep"
        raise EncodeError(problem)

    def _texts(self, argument: Argument, value: Any) -> list[str]:
        if value.__class__ is str:
            return [value]
        if not isinstance(value, list):
            return [self._text(argument, value)]
        place = f"{self.name}, argument {argument.name!r}"
        texts = [self._text(argument, item) for item in value]
        if not texts and argument.required:
            raise EncodeError(f"{place}: an empty list has no form in a {argument.location}")
        if not texts or argument.separator is None:
            return texts
        if any(argument.separator in text for text in texts):
            raise EncodeError(
                f"{place}: an item contains {argument.separator!r}, the list separator"
            )
        return [argument.separator.join(texts)]

    def _text(self, argument: Argument, value: Any) -> str:
        if isinstance(value, str):
            return str(value)
        if value is None or isinstance(value, (dict, list)):
            raise EncodeError(
                f"{self.name}, argument {argument.name!r}: has no place in a {argument.location}"
            )
        return dumps(value).decode("ascii")

    def answers_nothing(self, status_code: int) -> bool:
        """Return whether this success status is documented to have no content."""
        successes = self._successes(status_code)
        return not successes or successes[0] is None

    def read(self, status_code: int, body: bytes, content_type: str | None) -> tuple[T, Any]:
        """Read the body of a 2xx response, as `decode` does; what is not JSON is its own envelope.

        Raises `DecodeError`.
        """
        problem = ""
        for codec in self._successes(status_code):
            if isinstance(codec, BodyCodec):
                found = codec.read(body, content_type or "")
                if not isinstance(found, Misfit):
                    return found, found
                problem = found.reason
        if problem:
            raise DecodeError(f"the response to {self.name} cannot be read: {problem}")
        return self.decode(status_code, loads(body))

    def answers_json(self, status_code: int) -> bool:
        """Return whether the body of this success status is JSON."""
        return not any(isinstance(each, BodyCodec) for each in self._successes(status_code))

    def decode(self, status_code: int, value: Any) -> tuple[T, Any]:
        """Decode the JSON of a 2xx response; return the method's result and the envelope around it.

        Raises `DecodeError` when no documented success has this shape.
        """
        problem = "no success with a body is documented"
        for codec in self._successes(status_code):
            if codec is None:
                continue
            envelope = codec.decode(value)
            if not isinstance(envelope, Misfit):
                return self._parsed(envelope), envelope
            problem = envelope.reason
        raise DecodeError(f"the response to {self.name} cannot be read: {problem}")

    def _parsed(self, envelope: Any) -> Any:
        if self.unwrap is None:
            return envelope
        try:
            return getattr(envelope, self.unwrap)
        except AbsentFieldError as error:
            problem = str(error)
        raise DecodeError(f"the response to {self.name} cannot be read: {problem}")

    def _successes(self, status_code: int) -> tuple[Codec | None, ...]:
        """Yield the documented responses to try, the one for this exact status first."""
        found = self._answers.get(status_code)
        if found is None:
            found = self._answers[status_code] = tuple(self._documented(status_code))
        return found

    def _documented(self, status_code: int) -> Iterator[Codec | None]:
        for status in (str(status_code), "2XX"):
            if status in self.responses:
                yield self.responses[status]
                return
        successes = [s for s in self.responses if s.startswith("2")] or ["default"]
        for status in successes:
            if status in self.responses:
                yield self.responses[status]


class Performer(Protocol):
    """The object that sends the requests of the operations."""

    def perform(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T: ...

    def perform_raw(
        self, operation: Operation[T], arguments: Mapping[str, object], /
    ) -> RawResponse[T]: ...


class AsyncPerformer(Protocol):
    """`Performer` for asyncio."""

    async def perform(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T: ...

    async def perform_raw(
        self, operation: Operation[T], arguments: Mapping[str, object], /
    ) -> RawResponse[T]: ...
