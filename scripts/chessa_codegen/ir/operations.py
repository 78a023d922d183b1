"""From the paths of a document to resources and their methods.

An operation that a method cannot express (XML, for one) is an error at its place: it is left out.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import METHODS
from chessa_codegen.document.refs import Where, place, resolved
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import naming, types
from chessa_codegen.ir.event_data import event_data
from chessa_codegen.ir.media_types import Media, examples_of, received
from chessa_codegen.ir.names import Names, operation_key, shared_keys
from chessa_codegen.ir.parameters import Arguments
from chessa_codegen.ir.plan import OperationPlan, ResourcePlan, ResponsePlan
from chessa_codegen.ir.schemas import Schemas
from chessa_codegen.ir.types import Shape
from chessa_codegen.validate.endpoint import Endpoint
from chessa_codegen.validate.repair import operations

_READS: Final = frozenset({"get", "head", "options"})
PINNED: Final = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")


class Operations:
    """Reads operations; keeps them by resource."""

    def __init__(
        self,
        document: Mapping[str, Any],
        schemas: Schemas,
        endpoint: Endpoint,
        errors: list[SpecError],
        names: Names,
    ) -> None:
        self._errors = errors
        self._names = names
        self._document = document
        self._schemas = schemas
        self._endpoint = endpoint
        self._shared = shared_keys((str(at[1]), str(at[2])) for at, _ in operations(document))
        self._arguments = Arguments(document, schemas, names, self._shared)
        self._tags: dict[str, Mapping[str, Any]] = {
            tag["name"]: tag for tag in document.get("tags") or ()
        }
        self._pinned_tags = _pinned_tags(document)
        self._read: list[tuple[OperationPlan, Where]] = []

    def read(self) -> None:
        """Read every operation, and the schemas that it needs."""
        self._read = list(self._all())

    def resources(self) -> tuple[ResourcePlan, ...]:
        """Return every resource that has an operation, by name; once all classes are known."""
        self._errors += (_about(error, where) for error, where in self._arguments.formless())
        by_resource: dict[str, list[OperationPlan]] = {}
        distinct = list(self._distinct())
        taken = {operation.name for operation, _ in distinct}
        for read, where in distinct:
            operation = _with_file_method(self._unwrapped(read, where), taken)
            by_resource.setdefault(operation.resource, []).append(operation)
        _check_classes(by_resource)
        return tuple(
            ResourcePlan(
                name=name,
                class_name=naming.resource_class(name),
                description=self._description(name),
                operations=tuple(operations),
            )
            for name, operations in sorted(by_resource.items())
        )

    def _all(self) -> Iterator[tuple[OperationPlan, Where]]:
        for path, item in (self._document.get("paths") or {}).items():
            if path.startswith("x-"):
                continue
            for method in METHODS:
                if method in item:
                    where = ("paths", path, method)
                    try:
                        yield self._operation(path, method, item, item[method], where), where
                    except SpecError as error:
                        self._errors.append(_about(error, where))

    def _operation(
        self, path: str, method: str, item: Mapping[str, Any], raw: Mapping[str, Any], where: Where
    ) -> OperationPlan:
        if method == "trace":
            raise SpecError("TRACE is not supported.", place(where), "Remove it.")
        self._endpoint.check(path, item, where[:-1])
        self._endpoint.check(path, raw, where, method)
        context = naming.pascal(method) + naming.path_words(path)
        resource, method_name = self._name(path, method, raw)
        body, body_required, arguments, exclusive = self._arguments.read(
            path, item, raw, where, context
        )
        self._endpoint.check_arguments(path, method, arguments)
        responses = tuple(self._responses(raw, where, context, answers=method != "head"))
        return OperationPlan(
            resource=resource,
            method_name=method_name,
            method=method.upper(),
            path=path,
            operation_id=raw.get("x-vendor-operation-id"),
            is_read=method in _READS or raw.get("x-safe-to-repeat") is True,
            summary=_text(raw, "summary"),
            description=_text(raw, "description"),
            arguments=arguments,
            exclusive=exclusive,
            body=body,
            body_required=body_required,
            responses=responses,
            unwrap=raw.get("x-unwrap"),
            result=whole_result(responses),
            accept=_accepted(responses),
            streams=_streams(responses, where),
            deprecated=raw.get("deprecated") is True,
            source=_text(raw.get("x-source"), "page"),
            completeness=_text(raw.get("x-source"), "completeness"),
            not_seen=_texts(raw.get("x-source"), "notSeen"),
            is_pinned=PINNED.fullmatch(raw.get("operationId") or "") is not None,
        )

    # --- names

    def _distinct(self) -> Iterator[tuple[OperationPlan, Where]]:
        """Yield the operations under names of their own: pinned and remembered ones first."""
        places: dict[str, str] = {}
        for is_known in (True, False):
            for operation, where in self._read:
                key = operation_key(operation.path, operation.method, self._shared)
                known = self._names.known("methods", "", key)
                if (operation.is_pinned or known == operation.name) is not is_known:
                    continue
                if operation.is_pinned and operation.name in places:
                    raise SpecError(
                        f"Two operations would be {operation.name}; the other one is at "
                        f"{places[operation.name]}.",
                        place(where),
                        "Give one of them another operationId by the overlay.",
                    )
                by_path = f"{operation.method}_{naming.path_words(operation.path)}"
                wanted = (operation.method_name, naming.method(by_path, operation.resource))
                numbered = (f"{wanted[1]}_{number}" for number in itertools.count(2))
                name = next(
                    each
                    for each in itertools.chain(wanted, numbered)
                    if f"{operation.resource}.{each}" not in places
                )
                named = attrs.evolve(operation, method_name=name)
                places[named.name] = place(where)
                self._names.remember("methods", "", key, named.name)
                yield named, where

    def _name(self, path: str, method: str, raw: Mapping[str, Any]) -> tuple[str, str]:
        operation_id = raw.get("operationId") or f"{method}_{naming.path_words(path)}"
        pinned = PINNED.fullmatch(operation_id)
        if pinned:
            resource, method_name = pinned.groups()
        elif known := self._names.known("methods", "", operation_key(path, method, self._shared)):
            resource, _, method_name = known.partition(".")
            return resource, method_name
        else:
            controller, method_name = naming.without_controller(operation_id)
            tags = raw.get("tags") or [controller or "default"]
            resource = self._resource(tags[0])
        resource = naming.snake(resource, naming.RESOURCE_NAMES_TAKEN)
        return resource, naming.method(method_name, resource)

    def _resource(self, tag: str) -> str:
        pinned = self._tags.get(tag, {}).get("x-resource", self._pinned_tags.get(tag))
        name = pinned if isinstance(pinned, str) else re.sub(r"(?i)\s+endpoints?$", "", tag)
        if naming.words(name):
            return name
        return "_".join(["tag", *(f"{ord(each):x}" for each in name[:20])])  # no letter of ASCII

    def _description(self, resource: str) -> str:
        return next(
            (
                _text(tag, "description")
                for name, tag in self._tags.items()
                if naming.snake(self._resource(name), naming.RESOURCE_NAMES_TAKEN) == resource
            ),
            "",
        )

    # --- responses

    def _responses(
        self, raw: Mapping[str, Any], where: Where, context: str, *, answers: bool
    ) -> Iterator[ResponsePlan]:
        documented: Mapping[str, Any] = raw.get("responses") or {}
        default_succeeds = not any(status.startswith("2") for status in documented)
        for status, raw_response in sorted(documented.items()):
            if status.startswith("x-"):
                continue
            at: Where = (*where, "responses", status)
            if not re.fullmatch(r"[1-5]([0-9]{2}|XX)|default", status):
                raise SpecError(f"{status} is not a status.", place(at), "Use 200, 2XX or default.")
            response, at = resolved(self._document, raw_response, at)
            succeeds = status.startswith("2") or (status == "default" and default_succeeds)
            media = received(response, at, refuse_others=succeeds) if answers else []
            streams = any(each.kind == "events" for each in media)
            what = "Event" if streams else "Response"
            name = f"{context}{what}{'' if status in ('200', '2XX') else status.title()}"
            forms = tuple((each.type, self._read_as(each, name)) for each in media)
            is_json = not streams and all(
                shape not in (types.TEXT, types.BYTES) for _, shape in forms
            )
            yield ResponsePlan(
                status=status,
                shape=types.any_of([shape for _, shape in forms]) if forms else None,
                description=_text(response, "description"),
                examples=examples_of(media[0].raw) if media and is_json else (),
                forms=() if is_json else forms,
                streams=streams,
            )

    def _read_as(self, media: Media, name: str) -> Shape:
        """Return what a response body is read as: JSON, a text or bytes."""
        if media.kind == "events":
            return event_data(self._schemas, media, name)
        if self._schemas.is_binary(media.schema, media.where) or media.kind == "binary":
            return types.BYTES
        if media.kind == "text":
            return types.TEXT
        return self._schemas.shape(media.schema, media.where, name)

    def _unwrapped(self, operation: OperationPlan, where: Where) -> OperationPlan:
        key = operation.unwrap
        if key is None:
            return operation
        model = self._schemas.classes.models.get(getattr(operation.result, "name", ""))
        for field in model.fields if model else ():
            if field.key == key:
                shape = types.nullable(field.shape) if field.optional else field.shape
                return attrs.evolve(operation, unwrap=field.name, result=shape)
        raise SpecError(
            f"x-unwrap names {key!r}, which the success response does not have.",
            place(where),
            "Name a property of the object in the success response, or drop x-unwrap.",
        )


def _pinned_tags(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the resource of each tag that begins as it does, if its pinned operations agree."""
    found: dict[str, set[str]] = {}
    for _, operation in operations(document):
        pinned = PINNED.fullmatch(operation.get("operationId") or "")
        if pinned and operation.get("tags"):
            found.setdefault(operation["tags"][0], set()).add(pinned[1])
    alone = {tag: min(resources) for tag, resources in found.items() if len(resources) == 1}
    return {
        tag: resource
        for tag, resource in alone.items()
        if naming.words(tag) and resource.startswith(naming.words(tag)[0].lower())
    }


def _about(error: SpecError, where: Where) -> SpecError:
    """Return the error, moved to its operation where its cause is elsewhere in the document."""
    if error.pointer.startswith(place(where[:-1])):
        return error
    return SpecError(error.what, place(where), error.fix, (*error.details, f"at {error.where}"))


def successes(responses: tuple[ResponsePlan, ...]) -> list[ResponsePlan]:
    """Return the responses that a call succeeds with."""
    found = [each for each in responses if each.status.startswith("2")]
    return found or [each for each in responses if each.status == "default"]


def whole_result(responses: tuple[ResponsePlan, ...]) -> Shape | None:
    """Return the shape of the complete success response; None where it is empty.

    Of an event stream it is the data of an event: a stream without any is an empty one.
    """
    found = successes(responses)
    kinds = [response.shape for response in found if response.shape is not None]
    if not kinds:
        return None
    whole = types.any_of(kinds)
    is_missing = len(kinds) < len(found) and not any(response.streams for response in found)
    return types.nullable(whole) if is_missing else whole


def _accepted(responses: tuple[ResponsePlan, ...]) -> str | None:
    """Return the media types to ask for; None where that is JSON alone."""
    found = successes(responses)
    named = [media_type for response in found for media_type, _ in response.forms]
    if named and any(response.shape and not response.forms for response in found):
        named.insert(0, "application/json")
    return ", ".join(dict.fromkeys(named)) or None


def _streams(responses: tuple[ResponsePlan, ...], where: Where) -> bool:
    """Return whether a success is an event stream. Raises `SpecError` if another has a body."""
    found = {response.streams for response in successes(responses) if response.shape is not None}
    if len(found) > 1:
        raise SpecError(
            "One success is an event stream, and another is not.",
            place((*where, "responses")),
            "Describe one of them, or remove the operation by the overlay.",
        )
    return True in found


def _with_file_method(operation: OperationPlan, taken: set[str]) -> OperationPlan:
    """Name the method that saves the response, where that is not JSON."""
    found = [each for each in successes(operation.responses) if each.shape is not None]
    if operation.streams or not found or not all(each.forms for each in found):
        return operation
    base = f"{operation.method_name.rstrip('_')}_to_file"
    names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(2)))
    name = next(each for each in names if f"{operation.resource}.{each}" not in taken)
    return attrs.evolve(operation, file_method=name)


def _check_classes(resources: Iterable[str]) -> None:
    """Refuse resources whose classes, in their four forms, would have one name."""
    seen: dict[str, str] = {}
    for resource in sorted(resources):
        name = naming.resource_class(resource)
        forms = (name, f"Async{name}", f"{name}WithRawResponse", f"Async{name}WithRawResponse")
        for form in forms:
            if form in seen:
                raise SpecError(
                    f"The resources {seen[form]} and {resource} would both have a class {form}.",
                    "#/tags",
                    "Pin another name for one of them by x-resource on its tag.",
                )
            seen[form] = resource


def _text(raw: Any, key: str) -> str:
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def _texts(raw: Any, key: str) -> tuple[str, ...]:
    values = raw.get(key) if isinstance(raw, Mapping) else None
    return tuple(v for v in values if isinstance(v, str)) if isinstance(values, list) else ()
