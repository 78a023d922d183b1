"""Where to check whether a write was carried out: OpenAPI Links of its successes, and what a
duplicate does.

A Link of the vendor's that cannot be followed is dropped with a note; one of the overlay's is an
error.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from chessa_codegen.document.refs import Where, at, locate, place, resolved
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import forms, types
from chessa_codegen.ir.operations import successes, whole_result
from chessa_codegen.ir.plan import ArgumentPlan, LinkPlan, ModelPlan, OperationPlan, Plan
from chessa_codegen.ir.types import (
    Array,
    Dictionary,
    EnumRef,
    Itself,
    ModelRef,
    Recursive,
    Shape,
    Union,
)
from chessa_codegen.overlay.own_links import EVIDENCE, OWN, links_of
from chessa_codegen.validate.repair import Repair, operations

_POINTER: Final = r"(?:/(?:[^~/]|~[01])*)*"
_EXPRESSION: Final = re.compile(
    rf"\$(?:request\.(?:(path|query|header)\.(.+)|body(?:#({_POINTER}))?)"
    rf"|response\.body(?:#({_POINTER}))?)"
)
_EVIDENCE: Final = re.compile(rf"\$response\.body#({_POINTER})")
_IN_URLS: Final = ("path", "query", "header")
_FIX: Final = "Correct the Link, by the overlay if it is the vendor's."
_Reached = tuple[Shape, tuple[str, ...]]
"""The target of a pointer, and the attributes on the way."""


def drop_dangling_links(repair: Repair) -> None:
    """Drop references to Links that are not there."""
    for where, link in list(links_of(repair.document)):
        try:
            target, _ = resolved(repair.document, link, where)
            what = "" if isinstance(target, dict) else f"{link['$ref']} is not a Link."
        except SpecError as error:
            what = error.what
        if what:
            repair.drop(where, what)


def with_links(plan: Plan, repair: Repair) -> Plan:
    """Add to each operation where it shows, and what a second call does."""
    reader = _Links(plan, repair)
    resources = (
        attrs.evolve(resource, operations=tuple(map(reader.read, resource.operations)))
        for resource in plan.resources
    )
    return attrs.evolve(plan, resources=tuple(resources))


class _Links:
    """Reads the Links of a document whose operations have their names."""

    def __init__(self, plan: Plan, repair: Repair) -> None:
        self._repair = repair
        self._models = {model.name: model for model in plan.models}
        named = {_where(one): one for resource in plan.resources for one in resource.operations}
        self._by_place = named
        self._by_id: dict[str, OperationPlan] = {}
        for key in ("x-vendor-operation-id", "operationId"):
            for where, operation in operations(repair.document):
                if key in operation and where in named:
                    self._by_id[operation[key]] = named[where]
        self._by_id |= {one.name: one for one in named.values()}

    def read(self, operation: OperationPlan) -> OperationPlan:
        where = _where(operation)
        raw = at(self._repair.document, where)
        return attrs.evolve(
            operation,
            links=tuple(self._links(operation, raw, where)),
            once_per=_subject(operation, raw, where),
            duplicate_is_harmless=raw.get("x-duplicate") == "harmless",
            is_personal=raw.get("x-personal") is True,
        )

    def _links(
        self, operation: OperationPlan, raw: Mapping[str, Any], where: Where
    ) -> Iterator[LinkPlan]:
        seen: list[LinkPlan] = []
        for status in [each.status for each in successes(operation.responses)]:
            there: Where = (*where, "responses", status)
            response, there = resolved(self._repair.document, raw["responses"][status], there)
            for name, raw_link in list((response.get("links") or {}).items()):
                link, origin = resolved(self._repair.document, raw_link, (*there, "links", name))
                try:
                    found = self._link(operation, link, origin)
                except SpecError as error:
                    if link.get(OWN):
                        raise
                    self._drop((*there, "links", name), error.what)
                    continue
                if found is not None and found not in seen:
                    seen.append(found)
                    yield found

    def _drop(self, where: Where, what: str) -> None:
        if where[0] == "paths":
            self._repair.drop(where, what)
        else:  # other operations may follow it
            self._repair.corrected(what, where)

    def _link(
        self, operation: OperationPlan, link: Mapping[str, Any], where: Where
    ) -> LinkPlan | None:
        target = self._target(link, where)
        if not target.is_read:
            if link.get(OWN):
                raise SpecError(
                    f"The Link leads to {target.name}, which is a write.", place(where), _FIX
                )
            return None  # what follows a write, not what shows it
        if other := sorted(link.keys() & {"server", "requestBody"}):
            raise SpecError(f"A Link with a {other[0]} is not supported.", place(where), _FIX)
        arguments: dict[str, str] = {}
        for key, expression in (link.get("parameters") or {}).items():
            argument = _argument(target, key, where)
            self._check_expression(operation, expression, argument, (*where, "parameters", key))
            arguments[argument.name] = expression
        missing = [a.name for a in target.arguments if a.required and a.name not in arguments]
        if missing:
            raise SpecError(f"The Link gives {target.name} no {missing[0]}.", place(where), _FIX)
        evidence, shown_by = self._evidence(target, link, where)
        return LinkPlan(target.name, arguments, evidence, shown_by)

    def _target(self, link: Mapping[str, Any], where: Where) -> OperationPlan:
        operation_id, reference = link.get("operationId"), link.get("operationRef")
        found = None
        if isinstance(operation_id, str):
            found = self._by_id.get(operation_id)
        elif isinstance(reference, str) and reference.startswith("#/"):
            pointed = locate(self._repair.document, reference)
            is_exact = len(pointed) == len(reference.split("/")) - 1
            found = self._by_place.get(pointed) if is_exact else None
        if found is None:
            raise SpecError(
                f"The Link leads to {operation_id or reference!r}, which is not an operation here.",
                place(where),
                _FIX,
            )
        if found.streams:
            raise SpecError(
                f"The Link leads to {found.name}, whose response is an event stream.",
                place(where),
                _FIX,
            )
        if operation_id is not None:  # as the methods are named, in the document as well
            at(self._repair.document, where)["operationId"] = found.name
        return found

    def _evidence(
        self, target: OperationPlan, link: Mapping[str, Any], where: Where
    ) -> tuple[str | None, str]:
        if EVIDENCE not in link:
            return None, ""
        match = _EVIDENCE.fullmatch(str(link[EVIDENCE]))
        reached = self._reach(whole_result(target.responses), match[1]) if match else None
        if match is None or reached is None or not match[1]:
            raise SpecError(
                f"{EVIDENCE} of the Link is {link[EVIDENCE]!r}.",
                place((*where, EVIDENCE)),
                f"Write $response.body#/ and the place of a value that {target.name} returns.",
            )
        names = reached[1]
        names = names[1:] if names and names[0] == target.unwrap else names
        inner = "…" if target.arguments else ""
        return match[1], ".".join((f"{target.name}({inner})", *names))

    # --- expressions

    def _check_expression(
        self, operation: OperationPlan, expression: object, argument: ArgumentPlan, where: Where
    ) -> None:
        shape = self._value(operation, expression) if isinstance(expression, str) else None
        if shape is None:
            raise SpecError(
                f"{expression!r} is not a value of a call of {operation.name}.",
                place(where),
                "Write $request.path., $request.query. or $request.header. and the name of a "
                "parameter, or $request.body# or $response.body# and a JSON pointer.",
            )
        if not _fits(types.without_null(shape), types.without_null(argument.shape)):
            raise SpecError(
                f"{argument.name} is {types.described(argument.shape)}, and the Link gives it "
                f"{types.described(shape)}.",
                place(where),
                _FIX,
            )

    def _value(self, operation: OperationPlan, expression: str) -> Shape | None:
        """Return the kind of value that an expression has; None where it has none."""
        match = _EXPRESSION.fullmatch(expression)
        if match is None:
            is_constant = not expression.startswith("$") and "{$" not in expression
            return types.STRING if is_constant else None
        location, name, sent, received = match.groups()
        if location is not None:
            same = str.lower if location == "header" else str
            known = (
                a.key for a in operation.arguments if a.location == location and forms.is_text(a)
            )
            return types.STRING if any(same(key) == same(name) for key in known) else None
        if expression.startswith("$response"):
            if operation.streams:
                return None
            reached = self._reach(whole_result(operation.responses), received or "")
        else:
            reached = self._sent(operation, sent or "")
        return reached[0] if reached else None

    def _sent(self, operation: OperationPlan, pointer: str) -> _Reached | None:
        body = next((a.shape for a in operation.arguments if a.location == "body"), None)
        if body is not None:
            return self._reach(body, pointer)
        _, first, *rest = (*pointer.split("/", 2), "", "")
        key = _plain(first)
        members = (a for a in operation.arguments if a.location == "member" and a.key == key)
        member = next(members, None)
        return self._reach(member.shape, f"/{rest[0]}" if rest[0] else "") if member else None

    def _reach(self, shape: Shape | None, pointer: str) -> _Reached | None:
        parts = [_plain(part) for part in pointer.split("/")[1:]]
        return None if shape is None else self._steps(shape, parts)

    def _steps(self, shape: Shape, parts: Sequence[str]) -> _Reached | None:
        shape = types.without_null(shape)
        if not parts:
            return shape, ()
        part, *rest = parts
        match shape:
            case ModelRef(name):
                fields = self._models.get(name, ModelPlan("", "", None)).fields
                field = next((each for each in fields if each.key == part), None)
                reached = self._steps(field.shape, rest) if field else None
                return (reached[0], (field.name, *reached[1])) if field and reached else None
            case Array(item):
                reached = self._steps(item, rest) if part.isdecimal() else None
            case Dictionary(value):
                reached = self._steps(value, rest)
            case Union(kinds):
                return next(filter(None, (self._steps(kind, parts) for kind in kinds)), None)
            case Recursive() | Itself() | types.JSON:
                return types.JSON, ()
            case _:
                return None
        return reached


def _where(operation: OperationPlan) -> Where:
    return "paths", operation.path, operation.method.lower()


def _plain(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _argument(target: OperationPlan, key: str, where: Where) -> ArgumentPlan:
    """Return the parameter that a Link means: `orderId`, or `path.orderId`."""
    known = [a for a in target.arguments if a.location in _IN_URLS]
    found = [a for a in known if key == f"{a.location}.{a.key}"] or [
        a for a in known if key == a.key
    ]
    if len(found) != 1:
        raise SpecError(
            f"The Link gives {target.name} the parameter {key!r}, which is "
            f"{'not clear' if found else 'not there'}.",
            place((*where, "parameters", key)),
            "Name a parameter of the operation, with its place if need be: path.id, query.id.",
        )
    return found[0]


def _fits(given: Shape, wanted: Shape) -> bool:
    """Return whether the JSON value can be given as it is."""
    texts = (types.STRING, types.JSON)

    def is_text(shape: Shape) -> bool:
        return shape in texts or (isinstance(shape, EnumRef) and not shape.integer)

    if is_text(wanted):
        return is_text(given)
    return wanted in (types.INTEGER, types.NUMBER, types.BOOLEAN) and given in (wanted, types.JSON)


def _subject(operation: OperationPlan, raw: Mapping[str, Any], where: Where) -> str | None:
    key = raw.get("x-once-per")
    found = [a for a in operation.arguments if a.key == key and a.required]
    if key is None:
        return None
    if len(found) != 1 or types.without_null(found[0].shape) != types.STRING:
        raise SpecError(
            f"x-once-per of {operation.name} names {key!r}.",
            place((*where, "x-once-per")),
            "Name a required argument that is a string.",
        )
    return found[0].name


def after_unknown(operation: OperationPlan) -> str:
    """Say what to do when it is not known whether a write was carried out."""
    shown_by = dict.fromkeys(link.shown_by for link in operation.links if link.shown_by)
    words = [f"check {' and '.join(f'`{each}`' for each in shown_by)}"] if shown_by else []
    if operation.duplicate_is_harmless:
        words.append("call again: a duplicate is harmless")
    if not words:
        return "After an unknown outcome there is no way to check whether it was carried out."
    proof = " A value there proves that it was carried out; its absence proves nothing."
    return f"After an unknown outcome {', or '.join(words)}.{proof * bool(shown_by)}"
