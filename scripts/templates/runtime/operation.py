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
from .exact_json import loads
from .media import JSON_BODY, BodyCodec, BodyForm
from .parameters import DEFAULT_STYLES, Pairs, Style, serialize
from .types import UNSET

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from .files import SavedFile

T = TypeVar("T")
Location = Literal["path", "query", "header", "cookie", "member", "body"]
_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_INDEX: Final = re.compile("0|[1-9][0-9]{0,9}")
_EXPRESSION: Final = re.compile(
    r"\$(?:request\.(?:(path|query|header)\.(.+)|body(?:#(.*))?)|response\.body(?:#(.*))?)"
)


def _default_style(argument: "Argument") -> Style:
    return DEFAULT_STYLES.get(argument.location, "form")


def _default_explode(argument: "Argument") -> bool:
    return argument.style in ("form", "cookie")


def _is_plain(argument: "Argument") -> bool:
    is_changed = argument.allow_reserved or argument.media_type or argument.location == "cookie"
    return not is_changed and argument.style in ("simple", "form")


@attrs.frozen
class Argument:
    """One argument of an operation. `member`: of a JSON object body; `body`: the body itself.

    The attributes of a parameter are those of OpenAPI, with its defaults.
    """

    name: str
    wire: str
    location: Location
    codec: Codec
    required: bool = False
    style: Style = attrs.field(default=attrs.Factory(_default_style, takes_self=True))
    explode: bool = attrs.field(default=attrs.Factory(_default_explode, takes_self=True))
    allow_reserved: bool = False
    allow_empty_value: bool = False
    """True if `""` may be given in place of any other value."""
    media_type: str | None = None
    """`application/json` or `text/plain`, of a parameter that is described by `content`."""

    is_plain: bool = attrs.field(init=False, default=attrs.Factory(_is_plain, takes_self=True))
    """True if the text of a string is the string."""

    def pairs(self, value: object) -> Pairs:
        """Return the names and texts of a parameter; none for an empty array or object.

        Raises `EncodeError`.
        """
        if self.allow_empty_value and value == "":
            return [(self.wire, "")]
        encoded = self.codec.encode(value)
        if self.is_plain and encoded.__class__ is str:
            return [(self.wire, encoded)]
        return serialize(
            self.location,
            self.wire,
            encoded,
            self.style,
            explode=self.explode,
            reserved=self.allow_reserved,
            media_type=self.media_type,
        )


class BoundArguments(NamedTuple):
    """The arguments of one call in their wire form.

    Texts of path and query are not yet percent-encoded, unless they are `Encoded`.
    """

    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: Any
    """A JSON value, the members of a form, a text, a file; `UNSET` where the call has no body."""
    cookies: tuple[tuple[str, str], ...] = ()


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
    streams: bool = False
    """True if a success is an event stream: `responses` describe the data of its events."""
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
    deprecated_arguments: tuple[str, ...] = ()
    """Arguments that the vendor has deprecated."""
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
        """Return the operation with another result: its response is saved to a file.

        Raises `EncodeError` for what is not a path.
        """
        from pathlib import Path  # for the operations that need it

        try:
            return cast("Operation[SavedFile]", attrs.evolve(self, save_to=Path(path)))
        except TypeError:
            problem = f"{self.name}: the place to save to must be a str or a path"
        raise EncodeError(problem)

    def bind(self, arguments: Mapping[str, object]) -> BoundArguments:
        """Put arguments into their wire form.

        Raises `EncodeError` naming the operation and the argument, never its value.
        """
        self._check_names(arguments)
        sent: dict[str, Pairs] = {"path": [], "query": [*self.fixed_query], "header": []}
        sent["cookie"] = []
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
            elif location == "body":
                body = value
            else:
                self._check_pairs(argument, value, sent[location])
                sent[location] += value
        if members or self._sends_object:
            body = members
        return BoundArguments(
            dict(sent["path"]),
            tuple(sent["query"]),
            tuple(sent["header"]),
            body,
            tuple(sent["cookie"]),
        )

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

    def _check_pairs(self, argument: Argument, pairs: Pairs, before: Pairs) -> None:
        """Refuse a required parameter of nothing, and members that would be other parameters."""
        if len(pairs) == 1 and pairs[0][0] == argument.wire:
            return
        place = f"{self.name}, argument {argument.name!r}"
        if not pairs and argument.required:
            raise EncodeError(f"{place}: an empty list has no form in a {argument.location}")
        others = {name for name, _ in before}
        others.update(
            other.wire
            for other in self.arguments
            if other.location == argument.location and other is not argument
        )
        for name, _ in pairs:  # no key of a mapping stands for another parameter, or its member
            if any(name == other or name.startswith(f"{other}[") for other in others):
                raise EncodeError(f"{place}: a name in it is that of another parameter")

    def _encode(self, argument: Argument, value: object) -> Any:
        """Return the pairs of a parameter, or the JSON value for the body."""
        cause: BaseException | None = None
        try:
            if argument.location in ("member", "body"):
                return argument.codec.encode(value)
            return argument.pairs(value)
        except EncodeError as error:
            problem, cause = f"{self.name}, argument {argument.name!r}: {error}", error.__cause__
            if value is None and not argument.required:
                problem += ": leave it out, or give UNSET"
        except UnicodeEncodeError:
            problem = f"{self.name}, argument {argument.name!r}: holds lone surrogates"
        except RecursionError:
            problem = f"{self.name}, argument {argument.name!r}: it is nested too deep"
        raise EncodeError(problem) from cause

    def answers_nothing(self, status_code: int) -> bool:
        """Return whether this success status is documented to have no content."""
        successes = self.successes(status_code)
        return not successes or successes[0] is None

    def read(self, status_code: int, body: bytes, content_type: str | None) -> tuple[T, Any]:
        """Read the body of a 2xx response, as `decode` does; what is not JSON is its own envelope.

        Raises `DecodeError`.
        """
        problem = ""
        for codec in self.successes(status_code):
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
        return not self.streams and not any(
            isinstance(each, BodyCodec) for each in self.successes(status_code)
        )

    def decode(self, status_code: int, value: Any) -> tuple[T, Any]:
        """Decode the JSON of a 2xx response; return the method's result and the envelope around it.

        Raises `DecodeError` when no documented success has this shape.
        """
        problem = "no success with a body is documented"
        for codec in self.successes(status_code):
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

    def listed(self, status_code: int) -> str | None:
        """Return the response that the spec documents for a status: `200`, `2XX`, `default`."""
        if (exact := str(status_code)) in self.responses:
            return exact
        several = f"{status_code // 100}XX"
        names = (name for name in (several, "default") if name in self.responses)
        return next(names, None)

    def successes(self, status_code: int) -> tuple[Codec | None, ...]:
        """Return the documented responses to try, the one for this exact status first."""
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
