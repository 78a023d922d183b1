"""From the schemas of a document to shapes, classes and enums.

A schema that Python cannot express holds any JSON, and is noted; no value of it is dropped.
"""

import collections
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document import refs
from chessa_codegen.document.refs import Where, place
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import enums, naming, typed, types
from chessa_codegen.ir.all_of import KEYWORDS, Composer, component_at
from chessa_codegen.ir.classes import Classes
from chessa_codegen.ir.component_names import name_at, names_of_components
from chessa_codegen.ir.keywords import (
    properties_of,
    prose,
    python_name,
    short_example,
    title_of,
    types_of,
    untitled,
)
from chessa_codegen.ir.names import Names
from chessa_codegen.ir.one_of import Alternatives
from chessa_codegen.ir.plan import EnumPlan, FieldPlan, ModelPlan
from chessa_codegen.ir.types import Shape
from chessa_codegen.overlay.essential import ESSENTIAL
from chessa_codegen.overlay.own_names import PINNED

_OURS: Final = frozenset({"x-open-enum", "x-iterate", "x-mutually-exclusive"})
_OF_CLASSES: Final = frozenset({"properties", "enum", "x-open-enum"})
_MEMBERS: Final = object()
"""Among the schemas that are being read: an array or a map between two of them."""
_MOST_CIRCLES: Final = 100
_LONGEST_CODEC: Final = 5000
_UNSUPPORTED: Final = ("$dynamicRef", "$recursiveRef")


class Schemas:
    """Reads schemas; keeps the classes that they make."""

    def __init__(self, document: Mapping[str, Any], errors: list[SpecError], names: Names) -> None:
        self._errors = errors
        self._remembered = names
        self._composer = Composer(document)
        self._components: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
        self._alternatives = Alternatives(self._composer, self._components, self.shape)
        self._reading: list[object] = []
        self._circles = 0
        self._composed: dict[tuple[int, ...], tuple[Any, Shape]] = {}
        self._unread: collections.deque[Callable[[], None]] = collections.deque()
        self._known: dict[str, Shape] = {}
        self._names: dict[Where, str] = {}
        titles = {
            title
            for _, node in nodes(document)
            if isinstance(node, Mapping) and (title := title_of(node))
        }
        kept = {name: key for name, key in names.owners("classes", "title") if key in titles}
        for name, where in names.owners("classes", "place"):
            kept |= {name: where} if _makes_class(document, where) else {}
        self._class_names = names_of_components(self._components, kept, names)
        named = {
            name: (place(("components", "schemas", key)), self._components[key])
            for key, name in self._class_names.items()
        }
        self.classes = Classes(named, kept, names)

    def read_components(self) -> None:
        """Make the classes of every named schema, used by an operation or not."""
        for name in sorted(self._components):
            at: Where = ("components", "schemas", name)
            self.shape({"$ref": place(at)}, at, name)
        while self._unread:
            try:
                self._unread.popleft()()
            except SpecError as error:
                self._errors.append(error)
        self.classes.finish(self._remembered)

    def shape(self, schema: Any, where: Where, name: str) -> Shape:
        """Return the shape of a schema. `name` is for its class, if it needs one and names none.

        A schema that cannot be read holds any JSON, and is noted; not so what the overlay says.
        """
        try:
            return self._shape(schema, where, name)
        except SpecError as error:
            if isinstance(schema, Mapping) and not _OURS.isdisjoint(schema):
                raise
            self._errors.append(error)
            return types.JSON

    def _shape(self, schema: Any, where: Where, name: str) -> Shape:
        if schema is True or schema == {}:
            return types.JSON
        if not isinstance(schema, Mapping):
            raise SpecError(
                "This schema accepts nothing.", place(where), "Remove it, or say what it holds."
            )
        for keyword in _UNSUPPORTED:
            if keyword in schema:
                raise SpecError(f"{keyword} is not supported.", place(where), "Use $ref instead.")
        if "$ref" in schema:
            return self._reference(schema, where, name)
        if "allOf" in schema:
            return self._all_of(schema, where, name)
        if "oneOf" in schema or "anyOf" in schema:
            return self._alternatives.shape(schema, where, name)
        if ("enum" in schema or "x-open-enum" in schema) and not enums.is_constant(schema):
            return self._enum(schema, where, name)
        return self._typed(schema, where, name)

    def is_binary(self, schema: Any, where: Where) -> bool:
        """Return whether a body, or a part of one, is a file: it is sent as it is."""
        whole = self.plain(schema, where)
        if "contentMediaType" in whole and "contentEncoding" not in whole:  # OpenAPI 3.1
            return types_of(whole) in ([], ["string"])
        return whole.get("format") == "binary"

    def part(self, field: FieldPlan, where: Where) -> Shape:
        """Return the shape of a part of a multipart body: a file, several of them, or a value."""
        at = (*where, "properties", field.key)
        if self.is_binary(field.schema, at):
            return types.FILE
        items = field.schema.get("items")
        if isinstance(field.shape, types.Array) and self.is_binary(items, (*at, "items")):
            return types.Array(types.FILE)
        return types.without_null(field.shape)

    # --- references and components

    def _reference(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        if self._composer.beside_reference(schema):
            whole, at = self._composer.opened(schema, where)
            return self.shape(whole, at, name)
        target, at = self._composer.target(schema["$ref"], where)
        if key := component_at(at):
            shape = self._component(key, where)
        else:
            named = name_at(at, self._class_names) or self._names.setdefault(at, name)
            with self._within(place(at), where):
                shape = self.shape(target, at, named)
        return types.nullable(shape) if schema.get("nullable") is True else shape

    def _component(self, key: str, asked_from: Where) -> Shape:
        if key not in self._known:
            if key in self._reading:
                return self._itself(key, asked_from)
            at: Where = ("components", "schemas", key)
            if not self._reading:
                self._circles = 0
            elif self._circles > _MOST_CIRCLES:
                raise _entangled(at)
            schema = untitled(self._components[key])
            with self._within(key, asked_from):
                own = self.shape(schema, at, self._class_names[key])
            if self._class_names[key] in types.unbound(own):
                own = types.Recursive(self._class_names[key], own)
            if self._circles and len(types.codec(own)) > _LONGEST_CODEC:
                self._errors.append(_entangled(at))
                own = types.JSON
            if types.unbound(own):
                return own  # the schema around it is not read yet: it is another shape elsewhere
            self._known[key] = own
            if self._composer.kinds_of(key) and schema.keys().isdisjoint(KEYWORDS):
                self._known[key] = self._alternatives.of_base(
                    key, own, lambda kind: self._component(kind, at)
                )
        return self._known[key]

    def _itself(self, key: str, where: Where) -> Shape:
        """Return the shape that is being read, where arrays or maps stand between.

        Parts of each other are read again in each of them, and as often as is sensible.
        """
        inner = self._reading[self._reading.index(key) :]
        if _MEMBERS not in inner:
            raise SpecError("This schema is made of itself.", place(where), "Break the circle.")
        self._circles += 1
        return types.Itself(self._class_names[key])

    def _member(self, schema: Any, where: Where, name: str) -> Shape:
        """Return the shape of the items of an array or the values of a map."""
        self._reading.append(_MEMBERS)
        try:
            return self.shape(schema, where, name)
        finally:
            self._reading.pop()

    @contextlib.contextmanager
    def _within(self, key: object, where: Where) -> Iterator[None]:
        """Refuse what is made of itself. Fields of objects are read later, and make no circle."""
        if key in self._reading:
            raise SpecError("This schema is made of itself.", place(where), "Break the circle.")
        self._reading.append(key)
        try:
            yield
        finally:
            self._reading.remove(key)

    # --- composition

    def _all_of(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        parts = schema["allOf"]
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        target = self._composer.only_reference([*parts, rest])
        if target is not None and not self._is_kind(where, target["$ref"]):
            only = self.shape(target, (*where, "allOf", parts.index(target)), name)
            said = [rest, *(part for part in parts if isinstance(part, Mapping))]
            null = any(one.get("nullable") is True for one in said)
            return types.nullable(only) if null else only
        key = self._composer.key(schema)
        if key not in self._composed:  # the same parts are the same class, wherever they recur
            with self._within(key, where):
                whole = self._composer.merged([*parts, rest], where)
                shape = self.shape(whole, where, name)
            if types.unbound(shape):
                return shape
            self._composed[key] = schema, shape
        return self._composed[key][1]

    def _is_kind(self, where: Where, base: object) -> bool:
        """Return whether a component is one of the kinds of another, which it adds nothing to."""
        key, named = component_at(where), self._composer.named(base)
        return named is not None and key in self._composer.kinds_of(named)

    # --- plain schemas

    def _typed(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        kinds = types_of(schema)
        if not kinds:
            return types.NULL if schema.get("nullable") is True else types.JSON
        if len(kinds) > 1:
            named = [kind for kind in kinds if kind != "null"]
            shape = types.any_of([self._of_type(kind, schema, where, name) for kind in named])
        else:
            shape = self._of_type(kinds[0], schema, where, name)
        null = schema.get("nullable") is True or "null" in kinds
        return types.nullable(shape) if null else shape

    def _of_type(self, kind: str, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        if kind == "object":
            return self._object(schema, where, name)
        if kind == "array":
            return typed.array(schema, where, name, self._member)
        return typed.scalar(kind, schema, where)

    def _object(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        properties = properties_of(schema)
        if not properties:
            return types.Dictionary(typed.values(schema, where, f"{name}Value", self._member))
        title = title_of(schema)
        model = ModelPlan(
            name=naming.pascal(title) if title else name,
            where=place(where),
            title=title,
            description=prose(schema),
            iterate=schema.get("x-iterate"),
        )
        class_name, is_empty = self.classes.add_model(model, schema, name)
        if is_empty:
            self._unread.append(
                lambda: self.classes.fill(
                    model, self._fields(schema, properties, where, class_name)
                )
            )
        return types.ModelRef(class_name)

    def _fields(
        self,
        schema: Mapping[str, Any],
        properties: Mapping[str, Any],
        where: Where,
        name: str,
        *,
        for_arguments: bool = False,
    ) -> Iterable[FieldPlan]:
        required = schema.get("required") or []
        essential = schema.get(ESSENTIAL) or []
        taken = naming.ARGUMENT_NAMES_TAKEN if for_arguments else naming.FIELD_NAMES_TAKEN
        wanted = [
            naming.snake(python_name(property_schema, key), taken)
            for key, property_schema in properties.items()
        ]
        if for_arguments:
            wanted = naming.distinct(wanted)
        for (key, property_schema), field_name in zip(properties.items(), wanted, strict=True):
            at = (*where, "properties", key)
            shape = self.shape(property_schema, at, name + naming.pascal(key))
            raw = property_schema if isinstance(property_schema, Mapping) else {}
            yield FieldPlan(
                key=key,
                name=field_name,
                shape=shape,
                required=key in required
                and (for_arguments or not self._composer.says(raw, "writeOnly", at)),
                optional=raw.get("x-optional") is True,
                essential=key in essential and not self._composer.says(raw, "writeOnly", at),
                read_only=self._composer.says(raw, "readOnly", at),
                description=prose(raw),
                where=place(at),
                example=short_example(raw),
                schema=self.plain(raw, at),
                is_pinned="x-python-name" in raw,
            )

    def plain(self, schema: Any, where: Where) -> Mapping[str, Any]:
        """Return a schema with its reference followed, and its allOf merged where possible."""
        return self._composer.plain(schema, where)

    def opened(self, schema: Any, where: Where) -> tuple[Any, Where]:
        """Return a schema with its reference followed, and its place."""
        return self._composer.opened(schema, where)

    def members(
        self, schema: Any, where: Where, name: str
    ) -> tuple[Mapping[str, Any], list[FieldPlan]] | None:
        """Return the properties of a body that is one plain object, and its schema; else None.

        No class is made for the body itself. What only the server sets (readOnly) is left out.
        """
        whole, at = self._composer.opened(schema, where)
        if key := component_at(at):
            name = self._class_names[key]  # as its classes are named when others refer to it
            if self._composer.kinds_of(key):
                return None
        if not isinstance(whole, Mapping) or "oneOf" in whole or "anyOf" in whole:
            return None
        if "allOf" in whole:
            whole = self._composer.merged([whole], at)
            if "oneOf" in whole or "anyOf" in whole:
                return None
        properties = properties_of(whole)
        if not properties or types_of(whole) != ["object"] or whole.get("nullable") is True:
            return None
        writable = {
            key: value
            for key, value in properties.items()
            if not self._composer.says(value, "readOnly", (*at, "properties", key))
        }
        return whole, list(self._fields(whole, writable, at, name, for_arguments=True))

    # --- enums

    def _enum(self, schema: Mapping[str, Any], where: Where, name: str) -> Shape:
        listed = enums.listed(schema, where)
        if not listed.values:
            return types.NULL
        if listed.type is None:
            rest = {k: v for k, v in schema.items() if k not in ("enum", "x-open-enum")}
            if not types_of(rest):
                rest["type"] = enums.type_of(listed.values)
            plain = self.shape(rest, where, name)
            return types.nullable(plain) if listed.null else plain
        title = title_of(schema)
        integer = listed.type == "integer"
        class_name = self.classes.add_enum(
            EnumPlan(
                name=naming.pascal(title) if title else name,
                where=place(where),
                title=title,
                integer=integer,
                values=listed.values,
                varnames=listed.varnames,
                description=prose(schema),
                descriptions=listed.descriptions,
                pinned=set(listed.varnames) if schema.get(PINNED) is True else set(),
                ours=listed.ours,
            ),
            schema,
            name,
        )
        shape: Shape = types.EnumRef(class_name, integer)
        return types.nullable(shape) if listed.null else shape


def _entangled(where: Where) -> SpecError:
    return SpecError(
        "This schema and others hold each other in too many ways.",
        place(where),
        "Let arrays and maps hold fewer of them, or give objects for some.",
    )


def _makes_class(document: Mapping[str, Any], pointed: str) -> bool:
    """Return whether the schema of a place is there and has a class of its own."""
    where = refs.locate(document, pointed)
    schema = refs.at(document, where) if place(where) == pointed else None
    return isinstance(schema, Mapping) and not schema.keys().isdisjoint(_OF_CLASSES)
