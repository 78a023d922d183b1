"""The register of class names: which schemas share a class, and which must not.

Inline schemas with one title are one class: their fields together. Any other two schemas with one
name are an error, unless they are the same; the generator would let one replace the other.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chessa_codegen.errors import SpecError
from chessa_codegen.ir import naming, types
from chessa_codegen.ir.plan import EnumPlan, FieldPlan, ModelPlan

_MEND = "Give one of the two another name: a title, or x-python-name for a component."


class Classes:
    """Models and enums by name."""

    def __init__(self) -> None:
        self.models: dict[str, ModelPlan] = {}
        self.enums: dict[str, EnumPlan] = {}
        self._schemas: dict[str, Mapping[str, Any]] = {}

    def add_model(self, model: ModelPlan, schema: Mapping[str, Any]) -> ModelPlan | None:
        """Register a model; None when its fields are known already."""
        if model.name in self.enums:
            raise self._conflict("object", model.where, "enum", self.enums[model.name].where)
        known = self.models.get(model.name)
        if known is None:
            self.models[model.name] = model
            self._schemas[model.name] = schema
            return model
        if known.where == model.where or self._schemas[model.name] == schema:
            return None
        if not _share_title(known, model):
            raise self._conflict("object", model.where, "object", known.where)
        return model

    def _conflict(self, kind: str, where: str, other: str, other_where: str) -> SpecError:
        return SpecError(
            f"An {kind} here and an {other} at {other_where} would be one class.", where, _MEND
        )

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
                field.required = False
            else:
                self._join(known.name, field, other)
        for field in by_key.values():
            field.required = False
            known.fields.append(field)

    def _join(self, name: str, field: FieldPlan, other: FieldPlan) -> None:
        shape = types.joined(field.shape, other.shape)
        if shape is None:
            raise SpecError(
                f"{name}.{field.key} is {types.described(other.shape)} here and "
                f"{types.described(field.shape)} at {field.where}.",
                other.where,
                f"Make the two agree by the overlay, or give the objects other titles than {name}.",
            )
        field.shape = shape
        field.required = field.required and other.required
        field.optional = field.optional or other.optional
        field.read_only = field.read_only or other.read_only
        field.description = field.description or other.description
        field.example = field.example or other.example
        field.schema = field.schema or other.schema

    def add_enum(self, enum: EnumPlan) -> None:
        """Register an enum; one with the same title adds its values."""
        if enum.name in self.models:
            raise self._conflict("enum", enum.where, "object", self.models[enum.name].where)
        known = self.enums.get(enum.name)
        if known is None:
            self.enums[enum.name] = enum
            return
        same = known.values == enum.values
        if known.integer != enum.integer or not (same or _share_title(known, enum)):
            raise self._conflict("enum", enum.where, "enum", known.where)
        both = [*known.ours, *enum.ours]
        theirs = {v for plan in (known, enum) for v in plan.values if v not in plan.ours}
        known.ours = [value for value in dict.fromkeys(both) if value not in theirs]
        known.values += [value for value in enum.values if value not in known.values]
        known.varnames = {**enum.varnames, **known.varnames}
        known.description = known.description or enum.description

    def finish(self) -> None:
        """Keep names apart that only now meet: fields of joined classes, files of all of them."""
        for model in self.models.values():
            names = naming.distinct(field.name for field in model.fields)
            for field, name in zip(model.fields, names, strict=True):
                field.name = name
            _check_iterate(model)
        for enum in self.enums.values():
            _check_spelling(enum)
        seen: dict[str, str] = {}
        for name in sorted([*self.models, *self.enums]):
            module = naming.snake(name)
            if module in seen:
                plan = self.models.get(name) or self.enums[name]
                raise SpecError(
                    f"The classes {seen[module]} and {name} would share the file {module}.py.",
                    plan.where,
                    _MEND,
                )
            seen[module] = name


def _share_title(one: ModelPlan | EnumPlan, other: ModelPlan | EnumPlan) -> bool:
    return one.title is not None and one.title == other.title


def _check_spelling(enum: EnumPlan) -> None:
    """Refuse a value of ours that the vendor spells in another case: its constant would change."""
    spelled = {str(value).lower(): value for value in enum.values if value not in enum.ours}
    for value in enum.ours:
        theirs = spelled.get(str(value).lower(), value)
        if theirs != value:
            raise SpecError(
                f"{enum.name} lists {theirs!r}, and x-open-enum has {value!r} for it.",
                enum.where,
                "Spell it in x-open-enum as the document does, or drop it there.",
            )


def _check_iterate(model: ModelPlan) -> None:
    rows = [field for field in model.fields if field.key == model.iterate]
    if model.iterate is not None and not (rows and isinstance(rows[0].shape, types.Array)):
        raise SpecError(
            f"x-iterate names {model.iterate!r}, which is no array of {model.name}.",
            model.where,
            "Name a property that is an array, or drop x-iterate.",
        )
