"""Compare type hints of generated code as text, and derive the hint of a codec expression."""

import ast
import functools
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from chessa_codegen.errors import SpecError

_CLASS: Final = re.compile(r"\bmodels\.(\w+)")
_SCALARS: Final = {
    "STRING": "str",
    "BOOLEAN": "bool",
    "INTEGER": "int",
    "NUMBER": "Decimal",
    "DECIMAL": "Decimal",
    "DATE_TIME": "datetime.datetime",
    "DATE": "datetime.date",
    "JSON": "Any",
    "TEXT": "str",
    "BYTES": "bytes",
}
_HOLDERS: Final = {
    "array": "list[{}]",
    "mapping": "dict[str, {}]",
    "nullable": "{} | None",
    "constant": "{}",
}


class Turn(Enum):
    """The difference of a type from what it was."""

    SAME = "same"
    NARROWER = "narrower"
    WIDER = "wider"
    OTHER = "other"


@functools.cache
def turn(old: str, new: str) -> Turn:
    """Compare two hints; the order of alternatives means nothing."""
    if old == new:
        return Turn.SAME
    narrower, wider = _fits(parsed(new), parsed(old)), _fits(parsed(old), parsed(new))
    if narrower and wider:
        return Turn.SAME
    return Turn.NARROWER if narrower else Turn.WIDER if wider else Turn.OTHER


def _fits(inner: ast.expr, outer: ast.expr) -> bool:
    """Return whether every value of one type is of the other, by names; `Any` is one of them."""
    return all(any(_is(one, kind) for kind in kinds(outer)) for one in kinds(inner))


def _is(one: ast.expr, kind: ast.expr) -> bool:
    if isinstance(one, ast.Subscript) and isinstance(kind, ast.Subscript):
        ours, theirs = items(one), items(kind)
        return (
            ast.dump(one.value) == ast.dump(kind.value)
            and len(ours) == len(theirs)
            and all(map(_fits, ours, theirs))
        )
    return ast.dump(one) == ast.dump(kind)


def items(generic: ast.Subscript) -> list[ast.expr]:
    """Return the parameters of a generic hint."""
    return generic.slice.elts if isinstance(generic.slice, ast.Tuple) else [generic.slice]


def kinds(hint: ast.expr) -> list[ast.expr]:
    """Return the alternatives of a hint."""
    if isinstance(hint, ast.BinOp):
        return [*kinds(hint.left), *kinds(hint.right)]
    return [hint]


def without(hint: str, kind: str) -> str:
    """Return a hint without one of its alternatives."""
    others = [ast.unparse(one) for one in kinds(parsed(hint))]
    return " | ".join(one for one in others if one != kind)


def union(hints: Iterable[str]) -> str:
    """Return the alternatives of several hints, each once."""
    parts = (ast.unparse(one) for hint in hints for one in kinds(parsed(hint)))
    return " | ".join(dict.fromkeys(parts))


def named(hint: str) -> set[str]:
    """Return the classes that a hint names."""
    return set(_CLASS.findall(hint))


def renamed(hint: str, names: Mapping[str, str]) -> str:
    """Return a hint in which classes have their new names."""
    return _CLASS.sub(lambda match: f"models.{names.get(match[1], match[1])}", hint)


def of_codec(codec: ast.expr) -> str:
    """Return the hint that a codec reads: `_fields.nullable(_fields.STRING)` is `str | None`."""
    match codec:
        case ast.Constant(value=None):
            return ""
        case ast.Attribute(attr=scalar) if scalar in _SCALARS:
            return _SCALARS[scalar]
        case ast.Call(func=ast.Attribute(attr="recursive"), args=[ast.Lambda(body=inner)]):
            return of_codec(inner)
        case ast.Name():  # the recursive type itself, in a part of it
            return "Any"
        case ast.Call(func=ast.Attribute(attr="model" | "open_enum" | "open_int_enum"), args=[one]):
            return ast.unparse(one.body if isinstance(one, ast.Lambda) else one)
        case ast.Call(func=ast.Attribute(attr=holder), args=[inner, *_]) if holder in _HOLDERS:
            return _HOLDERS[holder].format(of_codec(inner))
        case ast.Call(func=ast.Attribute(attr="tuple_of"), args=items):
            return f"tuple[{', '.join(map(of_codec, items))}]"
        case ast.Call(func=ast.Attribute(attr="by_type"), args=[ast.Dict(values=kinds)]):
            return union(map(of_codec, kinds))
        case ast.Call(func=ast.Attribute(attr="union"), args=kinds):
            return union(map(of_codec, kinds))
        case ast.Call(
            func=ast.Attribute(attr="discriminated"), args=[_, ast.Dict(values=said), *others]
        ):
            return union(map(of_codec, [*said, *others]))
        case _:
            raise SpecError(
                f"{ast.unparse(codec)} is not a codec that the pipeline writes.",
                "the generated package",
                "Regenerate it: python scripts/regenerate.py",
            )


def parsed(expression: object) -> ast.expr:
    """Return an expression of generated code, read and not run."""
    return ast.parse(str(expression), mode="eval").body
