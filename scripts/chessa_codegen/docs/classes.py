"""The classes in the reference: types of attributes, their presence, known values."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.docs import markdown
from chessa_codegen.docs.markdown import code
from chessa_codegen.ir import types
from chessa_codegen.ir.plan import EnumPlan, FieldPlan, ModelPlan, Plan
from chessa_codegen.ir.types import Shape, named
from chessa_codegen.python import source

Links = Mapping[str, str]
"""Where each class is described, by its name."""


@attrs.frozen
class Classes:
    """The classes of a plan, by name."""

    models: Mapping[str, ModelPlan]
    enums: Mapping[str, EnumPlan]

    @classmethod
    def of(cls, plan: Plan) -> "Classes":
        """Return the classes of a plan."""
        return cls({one.name: one for one in plan.models}, {one.name: one for one in plan.enums})

    def reached(self, shapes_met: Iterable[Shape | None]) -> list[str]:
        """Return the classes that values of these shapes may hold, by name."""
        found: set[str] = set()
        waiting = [name for shape in shapes_met for name in named(shape)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                fields = self.models[name].fields if name in self.models else ()
                waiting += [inner for field in fields for inner in named(field.shape)]
        return sorted(found)

    def section(self, name: str, links: Links, uses: Mapping[str, str]) -> list[str]:
        """Return the section of a class, without its heading."""
        if name in self.enums:
            return list(_enum(self.enums[name]))
        return list(self._model(self.models[name], links, uses[name]))

    def _model(self, model: ModelPlan, links: Links, use: str) -> Iterator[str]:
        yield from markdown.sentences(model.description)
        yield use  # made of our own text and of names
        if rows := model.rows:
            yield f"A sequence of the items of `{rows.name}`; `rows()` returns them as a table."
        yield ""
        yield from markdown.table(
            ("attribute", "type", "JSON", "left out", "what it is", "example"),
            [self._row(field, links) for field in model.fields],
        )

    def _row(self, field: FieldPlan, links: Links) -> tuple[str, ...]:
        shape = types.nullable(field.shape) if field.optional else field.shape
        of_enums = {self.enums[name].description for name in named(shape) if name in self.enums}
        words = "" if field.description in of_enums else field.description  # said there
        return (
            f"`{field.name}`",
            type_of(shape, links),
            code(field.key),
            "never" if field.required else "`None`" if field.optional else "raises",
            markdown.sentence(words),
            example_of(field.schema),
        )


def type_of(shape: Shape, links: Links, *, argument: bool = False) -> str:
    """Return the type of a value for readers, with links to its classes."""
    return " or ".join(dict.fromkeys(_kinds(shape, links, argument)))


def _kinds(shape: Shape, links: Links, argument: bool) -> Iterator[str]:
    match shape:
        case types.ModelRef(name):
            yield _linked(name, links)
        case types.EnumRef(name, integer):
            yield _linked(name, links)
            if argument:
                yield "`int`" if integer else "`str`"
        case types.Array(item):
            yield f"list of {_grouped(item, links, argument)}"
        case types.Tuple(items):
            yield f"tuple of {', '.join(_grouped(item, links, argument) for item in items)}"
        case types.Dictionary(value):
            yield f"dict of {_grouped(value, links, argument)}"
        case types.Nullable(inner):
            yield from _kinds(inner, links, argument)
            yield "`None`"
        case types.Union(kinds):
            for kind in kinds:
                yield from _kinds(kind, links, argument)
        case types.Constant(base):
            yield from _kinds(base, links, argument)
        case types.Recursive(_, inner):
            yield from _kinds(inner, links, argument)
        case types.Scalar("JSON") | types.Itself():
            yield "any JSON"
        case types.Scalar():
            yield from (f"`{name}`" for name in (shape.taken if argument else shape.read))


def _grouped(shape: Shape, links: Links, argument: bool) -> str:
    kinds = list(dict.fromkeys(_kinds(shape, links, argument)))
    return kinds[0] if len(kinds) == 1 else f"({' or '.join(kinds)})"


def _linked(name: str, links: Links) -> str:
    return f"[`{name}`]({links[name]})" if name in links else f"`{name}`"


def example_of(schema: Mapping[str, Any]) -> str:
    """Return the spec's example of a value, as it stands on the wire; "" where there is none."""
    value = schema.get("example")
    if value is None or value == "":
        return ""
    return code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


# ---- Enums --------------------------------------------------------------------------------------

_ORIGIN: Final = {True: "seen in examples", False: "listed by the vendor"}


def _enum(enum: EnumPlan) -> Iterator[str]:
    yield from markdown.sentences(enum.description)
    kind = "an `int`" if enum.integer else "a `str`"
    yield f"An open enum, {kind}: a value that is not listed is kept, with `is_known` false."
    yield ""
    yield from markdown.table(
        ("constant", "value", "known from", "meaning"),
        [
            (
                f"`{enum.name}.{name}`",
                code(str(value)),
                _ORIGIN[value in enum.ours],
                markdown.sentence(enum.descriptions.get(value, "")),
            )
            for name, value in source.constants(enum)
        ],
    )
