"""The example of every operation: a program that runs against the sandbox.

The spec gives values only, as escaped literals; code comes from the file and from here.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_codegen.docs.values import Values
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import naming, types
from chessa_codegen.ir.plan import ArgumentPlan, FieldPlan, ModelPlan, OperationPlan, Plan
from chessa_codegen.ir.types import Shape
from chessa_codegen.python.source import in_order

_WIDTH: Final = 96
_MARGIN: Final = "    "
_SHOWN: Final = 3
_FEW: Final = 2
_NAMES: Final = frozenset({"api", "chessa", "datetime", "models", "print", "row", "sandbox"})
_KEYS: Final = frozenset({"before", "arguments", "after"})


@attrs.frozen
class Arranged:
    """The hand-written parts of the example of one operation."""

    before: tuple[str, ...] = ()
    """Lines that arrange the sandbox, as `api`, or call others, as `chessa`."""
    arguments: Mapping[str, str] | None = None
    """Expressions, by argument; with them no optional argument is chosen by itself."""
    after: tuple[str, ...] = ()
    """Lines in place of the one that prints the result."""


@attrs.frozen
class Examples:
    """The examples of all operations."""

    programs: Mapping[str, tuple[str, ...]]
    """By name of the operation; none where no value is known for a required argument."""
    notes: tuple[str, ...]


def read(path: Path) -> dict[str, Arranged]:
    """Read the hand-written parts. Raises `SpecError` if this is not such a file."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(path, f"It cannot be read: {error}.") from None
    return {name: _arranged(path, name, entry) for name, entry in found.items()}


def _arranged(path: Path, name: str, entry: Any) -> Arranged:
    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        raise _unusable(path, f"{name} holds something else than {', '.join(sorted(_KEYS))}.")
    before, after = entry.get("before", []), entry.get("after", [])
    arguments = entry.get("arguments", {})
    are_right = isinstance(before, list) and isinstance(after, list) and isinstance(arguments, dict)
    texts = [*before, *after, *arguments.values()] if are_right else [None]
    if not all(isinstance(one, str) for one in texts):
        raise _unusable(path, f"{name} holds something else than text.")
    try:
        for lines in (before, after):
            ast.parse("\n".join(lines))
        for expression in arguments.values():
            ast.parse(expression, mode="eval")
    except SyntaxError as error:
        raise _unusable(path, f"{name} holds invalid Python: {error.msg}.") from None
    return Arranged(tuple(before), entry.get("arguments"), tuple(after))


def _unusable(path: Path, what: str) -> SpecError:
    return SpecError(what, path.name, "See the comment at the top of that file.")


def write(plan: Plan, arranged: Mapping[str, Arranged]) -> Examples:
    """Write the example of every operation."""
    values = Values(plan)
    models = {model.name: model for model in plan.models}
    programs: dict[str, tuple[str, ...]] = {}
    operations = {one.name: one for resource in plan.resources for one in resource.operations}
    notes = [
        f"{name} has an example, and is not an operation" for name in arranged.keys() - operations
    ]
    for name, operation in operations.items():
        own = arranged.get(name, Arranged())
        arguments, problems = _arguments(operation, own, values)
        notes += problems
        if arguments is not None:
            programs[name] = tuple(_program(operation, own, arguments, models))
    return Examples(programs, tuple(sorted(notes)))


# ---- Arguments ----------------------------------------------------------------------------------


def _arguments(
    operation: OperationPlan, own: Arranged, values: Values
) -> tuple[dict[str, str] | None, list[str]]:
    """Return the arguments of the call, None where a required one has no value; and problems."""
    given = own.arguments or {}
    known = {argument.name for argument in operation.arguments}
    problems = [
        f"{operation.name} has no argument {name}, which its example gives"
        for name in given
        if name not in known
    ]
    chosen: dict[str, str] = {}
    wanted = _optional(operation, values) if own.arguments is None else ()
    for argument in in_order(operation):
        if argument.name in given:
            chosen[argument.name] = given[argument.name]
        elif argument.required or argument in wanted:
            value = values.any(argument.shape, argument.schema)
            if value is None:
                why = f"no value is known for {argument.name}"
                return None, [*problems, f"{operation.name} has no example: {why}"]
            chosen[argument.name] = value
    return chosen, problems


def _optional(operation: OperationPlan, values: Values) -> list[ArgumentPlan]:
    """Return a few optional arguments, where the example has no others."""
    if any(argument.required and argument.location != "path" for argument in operation.arguments):
        return []
    chosen: list[ArgumentPlan] = []
    for argument in operation.arguments:
        names = {other.name for other in chosen}
        clashes = any(argument.name in group and names & {*group} for group in operation.exclusive)
        if not argument.required and not clashes and values.any(argument.shape, argument.schema):
            chosen.append(argument)
    return chosen[:_FEW]


# ---- The program --------------------------------------------------------------------------------


def _program(
    operation: OperationPlan,
    own: Arranged,
    arguments: Mapping[str, str],
    models: Mapping[str, ModelPlan],
) -> Iterator[str]:
    name = _result_name(operation, own)
    in_path = {argument.name for argument in operation.arguments if argument.location == "path"}
    words = [value if key in in_path else f"{key}={value}" for key, value in arguments.items()]
    target = f"{name} = " if operation.result is not None else ""
    if operation.streams:
        call = [*_streamed(operation, words, models)]
    else:
        call = _call(f"{target}chessa.{operation.name}", words)
        call += own.after or _shown(operation.result, name, models)
    body = [*own.before, *call]
    yield from _imports(["\n".join(own.before), *arguments.values(), "\n".join(own.after)])
    yield "with sandbox() as api, api.client() as chessa:"
    yield from (f"{_MARGIN}{line}" for line in body)


def _imports(pieces: list[str]) -> Iterator[str]:
    used = {
        node.id
        for piece in pieces
        for node in ast.walk(ast.parse(piece))
        if isinstance(node, ast.Name)
    }
    standard = [
        line
        for name, line in (
            ("datetime", "import datetime"),
            ("Decimal", "from decimal import Decimal"),
        )
        if name in used
    ]
    if standard:
        yield from (*standard, "")
    if "models" in used:
        yield "from chessa import models"
    yield from ("from chessa.testing import sandbox", "")


def _call(called: str, words: list[str]) -> list[str]:
    line = f"{called}({', '.join(words)})"
    if len(_MARGIN) + len(line) <= _WIDTH:
        return [line]
    return [f"{called}(", *(f"{_MARGIN}{word}," for word in words), ")"]


def _result_name(operation: OperationPlan, own: Arranged) -> str:
    """Return `refund` for a `Refund`, unless the lines around the call use that name otherwise."""
    kind = types.without_null(operation.result) if operation.result is not None else None
    name = naming.snake(kind.name) if isinstance(kind, types.ModelRef) else "result"
    before = ast.walk(ast.parse("\n".join(own.before)))
    taken = {node.id for node in before if isinstance(node, ast.Name)} | _NAMES
    return "result" if name in taken else name


def _shown(result: Shape | None, name: str, models: Mapping[str, ModelPlan]) -> list[str]:
    """Return lines that print the result: the required parts of a model, each row of a list."""
    if result is None:
        return []
    model = models.get(result.name) if isinstance(result, types.ModelRef) else None
    rows = model.rows if model else None
    listed = types.without_null(rows.shape) if rows else None
    if not isinstance(listed, types.Array):
        return [f"print({_facts(name, model)})"]
    item = listed.item
    row = models.get(item.name) if isinstance(item, types.ModelRef) else None
    return [f"for row in {name}:", f"{_MARGIN}print({_facts('row', row)})"]


def _streamed(
    operation: OperationPlan, words: list[str], models: Mapping[str, ModelPlan]
) -> Iterator[str]:
    """Yield lines that print the data of each event."""
    *lines, last = _call(f"with chessa.{operation.name}", words)
    model = models.get(getattr(operation.result, "name", ""))
    yield from (*lines, f"{last} as events:")
    yield f"{_MARGIN}for event in events:"
    yield f"{_MARGIN}{_MARGIN}print({_facts('event.data', model)})"


def _facts(name: str, model: ModelPlan | None) -> str:
    always = [field for field in (model.fields if model else ()) if _is_always_there(field)]
    return ", ".join(f"{name}.{field.name}" for field in always[:_SHOWN]) or name


def _is_always_there(field: FieldPlan) -> bool:
    return field.required and not isinstance(field.shape, types.ModelRef | types.Dictionary)
