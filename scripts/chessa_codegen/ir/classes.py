"""The register of class names: which schemas share a class, and which must not.

Inline schemas with one title are one class: their fields together. Of any other two schemas with
one name a component keeps it, and else the first; the other is named after its place, or numbered.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chessa_codegen.errors import SpecError
from chessa_codegen.ir import naming, types
from chessa_codegen.ir.enums import spelling
from chessa_codegen.ir.names import Names
from chessa_codegen.ir.plan import EnumPlan, FieldPlan, ModelPlan


class Classes:
    """Models and enums by name."""

    def __init__(
        self, components: Mapping[str, tuple[str, Any]], kept: Mapping[str, str], names: Names
    ) -> None:
        """Keep the names of components, each with its place and schema, for these.

        A name that is remembered for one of the titles, or for a place that is there, is kept for
        it.
        """
        self._remembered = names
        self._kept = {name: key for name, key in kept.items() if name not in components}
        self.models: dict[str, ModelPlan] = {}
        self.enums: dict[str, EnumPlan] = {}
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._components = components
        self._files = {naming.snake(name): name for name in components}

    def add_model(
        self, model: ModelPlan, schema: Mapping[str, Any], other: str
    ) -> tuple[str, bool]:
        """Register a model; return its name, and whether its fields have to be filled in.

        `other` is its name where another class has the first.
        """
        for name in self._names(model, schema, other):
            known = self.models.get(name)
            if name in self.enums or (known and not self._is_same(known, model, schema)):
                continue
            model.name = name
            if known is None:
                self.models[name] = model
                self._schemas[name] = schema
                self._files[naming.snake(name)] = name
            is_known = known is not None and (
                known.where == model.where or self._schemas[name] == schema
            )
            return name, not is_known
        raise AssertionError("names do not end")

    def _is_same(self, known: ModelPlan, model: ModelPlan, schema: Mapping[str, Any]) -> bool:
        same = known.where == model.where or self._schemas[known.name] == schema
        return same or _share_title(known, model)

    def _names(self, plan: ModelPlan | EnumPlan, schema: Any, other: str) -> Iterator[str]:
        """Yield the names that a class may have, but for those of components and of files."""
        known = self._remembered.known("classes", *_identity(plan))
        other, first = naming.short(other), naming.short(plan.name)
        numbered = (f"{other}{number}" for number in itertools.count(2))
        for name in itertools.chain(filter(None, (known, first, other)), numbered):
            owner, owned = self._components.get(name, (plan.where, schema))
            is_free = self._files.get(naming.snake(name), name) == name
            is_kept = self._kept.get(name, _identity(plan)[1]) != _identity(plan)[1]
            if is_free and not is_kept and (owner == plan.where or owned == schema):
                yield name

    def fill(self, model: ModelPlan, fields: Iterable[FieldPlan]) -> None:
        """Give a registered model its fields, joined with those of the same title before it."""
        known = self.models[model.name]
        if known is model:
            model.fields = list(fields)
            return
        self._add(known, list(fields))
        known.description = known.description or model.description
        known.iterate = known.iterate or model.iterate

    def _add(self, known: ModelPlan, found: list[FieldPlan]) -> None:
        by_key = {field.key: field for field in found}
        for field in known.fields:
            other = by_key.pop(field.key, None)
            if other is None:
                field.required = field.essential = False
            else:
                self._join(known.name, field, other)
        for field in by_key.values():
            field.required = field.essential = False
            known.fields.append(field)

    def _join(self, name: str, field: FieldPlan, other: FieldPlan) -> None:
        shape = types.joined(field.shape, other.shape)
        if shape is None:
            shape = types.any_of([field.shape, other.shape])
        field.shape = shape
        field.required = field.required and other.required
        field.essential = field.essential and other.essential
        field.optional = field.optional or other.optional
        field.read_only = field.read_only or other.read_only
        field.description = field.description or other.description
        field.example = field.example or other.example
        field.schema = field.schema or other.schema

    def add_enum(self, enum: EnumPlan, schema: Mapping[str, Any], other: str) -> str:
        """Register an enum, or add its values to one of its title; return its name."""
        for name in self._names(enum, schema, other):
            known = self.enums.get(name)
            if name in self.models or (known and not _is_same_enum(known, enum)):
                continue
            enum.name = name
            if known is None:
                self.enums[name] = enum
                self._files[naming.snake(name)] = name
            else:
                self._add_values(known, enum)
            return name
        raise AssertionError("names do not end")

    def _add_values(self, known: EnumPlan, enum: EnumPlan) -> None:
        both = [*known.ours, *enum.ours]
        theirs = {v for plan in (known, enum) for v in plan.values if v not in plan.ours}
        known.ours = [value for value in dict.fromkeys(both) if value not in theirs]
        known.values += [value for value in enum.values if value not in known.values]
        known.varnames = {**enum.varnames, **known.varnames}
        known.descriptions = {**enum.descriptions, **known.descriptions}
        known.pinned |= enum.pinned
        known.description = known.description or enum.description

    def finish(self, names: Names) -> None:
        """Name attributes and constants, once all of each class are known."""
        for model in self.models.values():
            wanted = {field.key: field.name for field in model.fields}
            pinned = {field.key for field in model.fields if field.is_pinned}
            given = names.distinct("attributes", model.name, wanted, pinned)
            for field in model.fields:
                field.name = given[field.key]
            self._remember(model)
            _check_iterate(model)
        for enum in self.enums.values():
            _take_their_spelling(enum)
            prefix = _prefix(enum)
            wanted = {str(v): naming.constant(_wanted(enum, v, prefix)) for v in enum.values}
            given = names.distinct("constants", enum.name, wanted, set(map(str, enum.pinned)))
            self._remember(enum)
            enum.constants = {given[str(value)]: value for value in enum.values}

    def _remember(self, plan: ModelPlan | EnumPlan) -> None:
        """Remember the class of a title, the first of those that share it, or of a place."""
        owner, key = _identity(plan)
        is_component = self._components.get(plan.name, ("",))[0] == plan.where
        if not is_component and self._remembered.given("classes", owner, key) is None:
            self._remembered.remember("classes", owner, key, plan.name)


def _wanted(enum: EnumPlan, value: str | int, prefix: int) -> str | int:
    """Return the name that the spec gives a value, if one in Python can be made of it."""
    words = naming.words(enum.varnames.get(value, ""))
    return "_".join(words[0 if value in enum.pinned else prefix :]) or value


def _prefix(enum: EnumPlan) -> int:
    """Return how many parts of the vendor's names only say the class: `OrderStatusCreated` in Go.

    That is all of its name or the end of it: the class may be named after a package as well.
    """
    own = [word.lower() for word in naming.words(enum.name)]
    names = [[word.lower() for word in naming.words(name)] for name in enum.varnames.values()]
    for start in range(len(own)):
        said = own[start:]
        if names and all(name[: len(said)] == said != name for name in names):
            return len(said)
    return 0


def _identity(plan: ModelPlan | EnumPlan) -> tuple[str, str]:
    """Return what the name of a class is remembered by: its title, or else its place."""
    return ("title", plan.title) if plan.title else ("place", plan.where)


def _is_same_enum(known: EnumPlan, enum: EnumPlan) -> bool:
    same = known.where == enum.where or known.values == enum.values
    return known.integer == enum.integer and (same or _share_title(known, enum))


def _share_title(one: ModelPlan | EnumPlan, other: ModelPlan | EnumPlan) -> bool:
    return one.title is not None and one.title == other.title


def _take_their_spelling(enum: EnumPlan) -> None:
    """Drop a value of ours that the vendor spells otherwise in another schema: it is the same."""
    theirs = {spelling(value) for value in enum.values if value not in enum.ours}
    dropped = {value for value in enum.ours if spelling(value) in theirs}
    enum.values = [value for value in enum.values if value not in dropped]
    enum.ours = [value for value in enum.ours if value not in dropped]


def _check_iterate(model: ModelPlan) -> None:
    if model.iterate is not None and model.rows is None:
        raise SpecError(
            f"x-iterate names {model.iterate!r}, which is not an array of {model.name}.",
            model.where,
            "Name a property that is an array, or drop x-iterate.",
        )
