"""The effective spec as the sandbox reads it: operations, their parts, and the route of a path."""

import importlib.resources
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard, cast

import attrs

from chessa_api.exact_json import loads

from .._errors import METHOD_NOT_ALLOWED, Problem, not_found

Json = Mapping[str, Any]


def is_object(value: object) -> TypeGuard[Json]:
    """Return whether a JSON value is an object."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is an array."""
    return isinstance(value, list)


EVENTS: Final = "text/event-stream"
JSON: Final = "application/json"
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


@attrs.frozen
class Documented:
    """A documented response: its status as written (`200`, `4XX`, `default`), and its content."""

    status: str
    schema: Json | None
    """None if the response has no content."""
    media_type: str
    examples: tuple[Any, ...]
    headers: Json

    @property
    def content_type(self) -> str:
        """The media type to send, also where the spec names a range of them."""
        return "application/octet-stream" if "*" in self.media_type else self.media_type


@attrs.frozen
class SpecOperation:
    """One operation of the spec, its references resolved at the top."""

    name: str
    """`orders.request_refund`, or `POST /v1/orders/refund` where the spec names none."""
    method: str
    path: str
    parameters: tuple[Json, ...]
    body: Json | None
    """The request body, None where the operation takes none."""
    answers: Mapping[str, Documented]
    needs_credentials: bool

    @property
    def key(self) -> str:
        """Method and path, the names of the parameters left out: they may change."""
        return f"{self.method} {_PLACEHOLDER.sub('{}', self.path)}"

    def answer(self, status: int) -> Documented | None:
        """Return the response of a status: of the number itself, its class, or the default."""
        for wanted in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if wanted in self.answers:
                return self.answers[wanted]
        return None

    def success(self, preferred: int) -> int:
        """Return the status of a success: the preferred one, unless only others are documented."""
        documented = self.answer(preferred)
        if documented is not None and documented.status != "default":
            return preferred
        return next(
            (int(s) for s in sorted(self.answers) if re.fullmatch("2[0-9]{2}", s)), preferred
        )

    def body_schema(self) -> Json | None:
        """The schema of the request body."""
        return None if self.body is None else _content(self.body)[1]

    def body_forms(self) -> Mapping[str, Json]:
        """The media type objects of the request body, by media type, JSON first."""
        return {} if self.body is None else _forms(self.body)


class Spec:
    """An OpenAPI document and its operations.

    Args:
        document: The effective spec as JSON values. Default: that of the installed client.

    Raises `ValueError` if it is not an OpenAPI document.
    """

    def __init__(self, document: Json | None = None) -> None:
        self.document: Json = bundled() if document is None else _exact(document)
        version, paths = self.document.get("openapi"), self.document.get("paths")
        if not isinstance(version, str) or not is_object(paths):
            raise ValueError("the spec is not an OpenAPI document: it needs `openapi` and `paths`")
        self.operations = tuple(self._operations())
        routes = [(operation, _pattern(operation.path)) for operation in self.operations]
        # A path without parameters precedes one with parameters.
        self._routes = sorted(routes, key=lambda route: route[0].path.count("{"))

    def resolve(self, node: Any) -> Any:
        """Follow references to their end."""
        for _ in range(100):
            reference = node.get("$ref") if is_object(node) else None
            if not isinstance(reference, str):
                return node
            node = self._target(reference)
        raise ValueError("the spec has references that only refer to each other")

    def route(self, method: str, path: str) -> tuple[SpecOperation, tuple[str, ...]]:
        """Return the operation of a request, and the values in its path, percent-encoded.

        Raises `Problem`: 404 for an unknown path, 405 for a method that it does not have.
        """
        matches = [
            (operation, match) for operation, pattern in self._routes
            if (match := pattern.fullmatch(path))
        ]  # fmt: skip
        if not matches:
            raise not_found("Path")
        fewest = matches[0][0].path.count("{")
        matches = [each for each in matches if each[0].path.count("{") == fewest]
        for operation, match in matches:
            if operation.method == method:
                return operation, match.groups()
        allowed = ", ".join(sorted({operation.method for operation, _ in matches}))
        raise Problem(405, METHOD_NOT_ALLOWED, f"{method} is not allowed: {allowed}", allow=allowed)

    def find(self, name: str) -> SpecOperation:
        """The operation of a name. Raises `ValueError`."""
        for operation in self.operations:
            if name == operation.name:
                return operation
        known = ", ".join(operation.name for operation in self.operations)
        raise ValueError(f"there is no operation {name!r}; there are: {known}")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise ValueError(f"the spec refers to something outside of itself: {reference}")
        node: Any = self.document
        try:
            for part in reference[2:].split("/"):
                key = urllib.parse.unquote(part).replace("~1", "/").replace("~0", "~")
                node = node[key] if is_object(node) else node[int(key)]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ValueError(f"the spec refers to what it does not have: {reference}") from None
        return node

    def _operations(self) -> Iterator[SpecOperation]:
        for path, item in self.document["paths"].items():
            resolved = self.resolve(item)
            for method in METHODS:
                if method in resolved:
                    yield self._operation(method.upper(), path, resolved, resolved[method])

    def _operation(self, method: str, path: str, item: Json, node: Json) -> SpecOperation:
        parameters: dict[tuple[str, str], Json] = {}
        for each in [*item.get("parameters", ()), *node.get("parameters", ())]:
            parameter = self.resolve(each)
            parameters[parameter["in"], parameter["name"]] = parameter
        security = node.get("security")
        answers = {str(s): self.resolve(a) for s, a in node.get("responses", {}).items()}
        return SpecOperation(
            name=node.get("operationId") or f"{method} {path}",
            method=method,
            path=path,
            parameters=tuple(parameters.values()),
            body=self.resolve(node.get("requestBody")),
            answers={status: self._documented(status, a) for status, a in answers.items()},
            needs_credentials=security is None or (bool(security) and {} not in security),
        )

    def _documented(self, status: str, answer: Json) -> Documented:
        media_type, schema, examples = _content(answer)
        resolved = tuple(self.resolve(example) for example in examples)
        return Documented(status, schema, media_type, resolved, answer.get("headers", {}))


def bundled() -> Json:
    """The effective spec of the installed client."""
    resource = importlib.resources.files("chessa_api").joinpath("spec.json")
    return cast("Json", loads(resource.read_bytes()))


def is_json(media_type: str) -> bool:
    """Return whether a media type, without parameters, is JSON."""
    return (
        re.fullmatch(r"(application|text)/(.+\+)?json|\*/\*|application/\*", media_type) is not None
    )


def _content(holder: Json) -> tuple[str, Json | None, tuple[Any, ...]]:
    """Return media type, schema and examples of a body: of JSON, else of the first form.

    An event stream comes last, and its schema is that of an event.
    """
    for media_type, media in _forms(holder).items():
        given = [media["example"]] if "example" in media else []
        several = [each.get("value") for each in media.get("examples", {}).values()]
        schema = media.get("schema", {})
        if media_type == EVENTS:
            schema = media.get("itemSchema", schema)
        return media_type, schema, (*given, *several)
    return JSON, None, ()


def _forms(holder: Json) -> dict[str, Json]:
    """Return media type objects by media type: JSON first, and types before ranges of them."""
    content: Json = holder.get("content", {})
    forms = {name.partition(";")[0].strip().lower(): media for name, media in content.items()}
    names = sorted(forms, key=lambda name: (not is_json(name), name == EVENTS, "*" in name))
    return {name: forms[name] for name in names}


def _pattern(path: str) -> re.Pattern[str]:
    literal = map(re.escape, _PLACEHOLDER.split(path))
    return re.compile("([^/]+)".join(literal))


def _exact(value: Any) -> Any:
    """The same JSON value with a Decimal for every float, whose digits are those it prints."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if is_object(value):
        return {key: _exact(item) for key, item in value.items()}
    if is_list(value):
        return [_exact(item) for item in value]
    return value
