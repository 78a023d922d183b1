"""Repair slips of a document that callers do not notice; leave out unusable operations.

A slip is put right and noted. A schema that cannot be read is opened: it holds any JSON, so nothing
is lost on the wire. An operation that cannot be called is left out. Each is a `Finding` with its
reason and its place, and the rest of the document goes on.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from chessa_codegen.document.loader import METHODS
from chessa_codegen.document.refs import Where, at, locate, place
from chessa_codegen.errors import SpecError, together

Kind = Literal["left out", "opened", "corrected"]

OPENED: Final = "x-any-because"
"""The extension of a schema that was opened: the reason why it holds any JSON."""

_LISTS: Final = frozenset({"allOf", "oneOf", "anyOf", "prefixItems"})
_MAPS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_SINGLE: Final = frozenset({"items", "additionalProperties", "not", "contains", "propertyNames"})
_ROOTS: Final = frozenset({"paths", "components", "webhooks"})


@attrs.frozen
class Finding:
    """A part of the document that was left out, opened or corrected, with the reason."""

    kind: Kind
    what: str
    where: str
    fix: str
    operation: str = ""
    """`POST /v1/orders`, of an operation that was left out."""

    @property
    def text(self) -> str:
        """The part, its repair and the reason, as one sentence."""
        if self.kind == "left out":
            return f"{self.operation or self.where} is left out: {self.what}"
        return f"{self.where} {_DONE[self.kind]}: {self.what}"


_DONE: Final = {"opened": "holds any JSON", "corrected": "was corrected"}


class Repair:
    """A document that is changed in place, with the findings so far."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def corrected(self, what: str, where: Where) -> None:
        """Note a slip that was corrected."""
        self.findings.append(Finding("corrected", what, place(where), ""))

    def left_out(self, error: SpecError, operation: str = "") -> None:
        """Note an operation that was left out, and why."""
        self.findings.append(_finding("left out", error, operation))

    def check_strictly(self) -> None:
        """Refuse a document of which anything was left out or opened."""
        cut = [each for each in self.findings if each.kind != "corrected"]
        if cut:
            errors = [SpecError(each.what, each.where, each.fix) for each in cut]
            raise together(errors, "Some of the document cannot be generated")

    def drop(self, where: Where, what: str) -> None:
        """Delete the value at a place, and note the reason."""
        del at(self.document, where[:-1])[where[-1]]
        self.corrected(what, where)

    def cut_all(self, errors: Iterable[SpecError]) -> None:
        """Cut each error whose place is still there. Raises the first where none is."""
        found = len(self.findings)
        distinct = {each.pointer: each for each in errors}
        opened: set[Where] = set()
        for error in distinct.values():
            where = locate(self.document, error.pointer)
            schema = enclosing_schema(where)
            if schema in opened:
                continue  # another error in it, or in what it is made of
            if place(where) == error.pointer or schema:
                self.cut(error)
                opened |= {schema} if schema else set()
        if len(self.findings) == found:
            raise next(iter(distinct.values()))

    def cut(self, error: SpecError) -> None:
        """Open the schema that an error is about, or leave out the operations that need its place.

        Raises the error where neither helps, as it concerns the document as such.
        """
        where = locate(self.document, error.pointer)
        schema = enclosing_schema(where)
        if schema is not None:
            self._open(schema, error)
        elif "headers" in where[:-1] and "responses" in where[: where.index("headers")]:
            self.drop(where[: where.index("headers") + 2], error.what)
        elif _is_error(self.document, where[:5]):
            self._open_response(where[:5], error)
        elif where[:1] == ("paths",):
            self.leave_out(where, error)
        elif where[:1] == ("components",) and len(where) > 2:
            self._remove_component(where[:3], error)
        elif where[:1] == ("webhooks",) and len(where) > 1:
            del self.document["webhooks"][where[1]]
            self.left_out(error)
        else:
            raise error

    def leave_out(self, where: Where, error: SpecError) -> None:
        """Leave out the operation at a place, or all of its path."""
        _, path, *rest = where
        item = self.document["paths"][path]
        several = rest[:1] if rest and rest[0] in METHODS else list(item)
        methods = [each for each in several if each in METHODS or each == "$ref"]
        if not methods:
            self.left_out(error, f"ANY {path}")
        for method in methods:
            del item[method]
            name = f"{'ANY' if method == '$ref' else str(method).upper()} {path}"
            self.left_out(error, name)
        if not set(METHODS) & item.keys():
            del self.document["paths"][path]

    def _open(self, where: Where, error: SpecError) -> None:
        holder = at(self.document, where[:-1])
        old = holder[where[-1]]
        kept = {k: old[k] for k in ("description", "title") if isinstance(old, dict) and k in old}
        holder[where[-1]] = {**kept, OPENED: error.what}
        if old == holder[where[-1]]:
            raise error
        self.findings.append(_finding("opened", error))

    def _open_response(self, where: Where, error: SpecError) -> None:
        """Say nothing of an error response: the body of an error is kept whatever it is."""
        at(self.document, where[:-1])[where[-1]] = {"description": ""}
        self.findings.append(Finding("opened", error.what, place(where), error.fix))

    def _remove_component(self, where: Where, error: SpecError) -> None:
        """Remove a component that is not a schema, with the operations that need it."""
        for operation, held in list(operations(self.document)):
            responses = held.get("responses") if where[1] == "responses" else None
            for status, response in responses.items() if isinstance(responses, dict) else ():
                at_status: Where = (*operation, "responses", status)
                is_it = isinstance(response, dict) and response.get("$ref") == place(where)
                if is_it and _is_error(self.document, at_status):
                    self._open_response(at_status, error)
            if where in reachable(self.document, operation):
                self.leave_out(operation, error)
        del self.document["components"][where[1]][where[2]]
        self.left_out(error)


def _finding(kind: Kind, error: SpecError, operation: str = "") -> Finding:
    return Finding(kind, error.what, error.where, error.fix, operation)


def _is_error(document: Mapping[str, Any], where: Where) -> bool:
    """Return whether a place is a response that is not a success: 4XX, or default next to one."""
    match where:
        case ("paths", _, _, "responses", str(status)):
            successes = [str(key) for key in at(document, where[:-1]) if str(key).startswith("2")]
            return not status.startswith(("1", "2")) and (status != "default" or bool(successes))
    return False


def operations(document: Mapping[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Yield every operation of a document that may not be valid yet, and its place."""
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in METHODS if isinstance(item, dict) else ():
            if isinstance(item.get(method), dict):
                yield ("paths", path, method), item[method]


def enclosing_schema(where: Where) -> Where | None:
    """Return the innermost schema around a place, if there is one."""
    start = _schema_root(where)
    if start is None:
        return None
    found = end = start
    rest = list(where[start:])
    while rest:
        match rest:
            case [str(key), _, *tail] if key in _MAPS:
                end += 2
            case [str(key), int(), *tail] if key in _LISTS:
                end += 2
            case [str(key), *tail] if key in _SINGLE:
                end += 1
            case _:
                break
        rest, found = tail, end
    return where[:found]


def _schema_root(where: Where) -> int | None:
    """Return the length of the place of the outermost schema."""
    if where[:2] == ("components", "schemas"):
        return 3 if len(where) > 2 else None
    for position, part in enumerate(where):
        if part == "schema" and position > 2 and where[0] in _ROOTS:
            return position + 1
    return None


def reachable(document: Mapping[str, Any], start: Where) -> set[Where]:
    """Return the components that a part of a document refers to, however deep."""
    found: set[Where] = set()
    waiting: list[Any] = [at(document, start)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str):
                where = locate(document, reference)[:3]
                if len(where) == 3 and where not in found:
                    found.add(where)
                    waiting.append(at(document, where))
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found
