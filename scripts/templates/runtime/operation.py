"""An operation as data: the mapping of its arguments and responses to HTTP.

No I/O: a `Performer` sends the request.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, cast

import attrs

from .arguments import Argument, BoundArguments
from .codecs import Codec, Misfit
from .errors import AbsentFieldError, DecodeError, EncodeError
from .exact_json import loads
from .links import Link
from .media import JSON_BODY, BodyCodec, BodyForm
from .parameters import Pairs
from .types import UNSET

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from .files import SavedFile

T = TypeVar("T")
_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")


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
