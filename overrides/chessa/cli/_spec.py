"""Texts and types of the operations from the effective spec, for `--help` and for arguments.

The texts are the vendor's, and not trusted: see `_text.printable`.
"""

import functools
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final, cast

from chessa_api.arguments import Argument
from chessa_api.exact_json import loads
from chessa_api.operation import Operation

from ._text import cell, printable

Node = Mapping[str, Any]
_NONE: Final[Node] = {}
_DEEPEST = 20


@functools.cache
def document() -> Node:
    """Return the effective spec that the client was generated from."""
    text = (files("chessa_api") / "spec.json").read_bytes()
    return cast("Node", loads(text))


def described(operation: Operation[Any]) -> Node:
    """Return an operation as the spec has it."""
    path = document().get("paths", {}).get(operation.path, {})
    return _node(path.get(operation.method.lower()))


def summary(operation: Operation[Any]) -> str:
    """Return a line on an operation."""
    node = described(operation)
    text = node.get("summary") or node.get("description") or operation.name
    return one_line(text)


def one_line(text: object) -> str:
    """Return a text of the spec on one line."""
    return printable(" ".join(str(text).split()))


def schema_of(operation: Operation[Any], argument: Argument) -> Node:
    """Return the schema of an argument; an empty one if the spec has it in another form."""
    node = described(operation)
    if argument.location in ("member", "body"):
        content = _node(_node(node.get("requestBody")).get("content"))
        schema = _node(next((_node(each).get("schema") for each in content.values()), None))
        return schema if argument.location == "body" else _member(schema, argument.wire)
    return _node(_parameter(operation, argument).get("schema"))


def description_of(operation: Operation[Any], argument: Argument) -> str:
    """Return a line on an argument: its description, the known values, an example."""
    schema, parameter = schema_of(operation, argument), _parameter(operation, argument)
    parts = ["Deprecated."] if argument.name in operation.deprecated_arguments else []
    parts += [str(parameter.get("description") or schema.get("description") or "").strip()]
    known = schema.get("x-open-enum") or schema.get("enum")
    if isinstance(known, list):
        values = map(cell, cast("Sequence[Any]", known))
        parts.append(f"One of {', '.join(values)}.")
    example = parameter.get("example", schema.get("example"))
    if example is not None:
        parts.append(f"Example: {cell(example)}")
    return one_line(" ".join(part for part in parts if part))


def types_of(schema: Node) -> set[str]:
    """Return the JSON types that a schema names, null left out."""
    named = schema.get("type")
    several = cast("list[str]", named) if isinstance(named, list) else [named]
    return {each for each in several if isinstance(each, str)} - {"null"}


def _parameter(operation: Operation[Any], argument: Argument) -> Node:
    path = _node(document().get("paths", {}).get(operation.path))
    several = [*described(operation).get("parameters", ()), *path.get("parameters", ())]
    found = (_node(each) for each in several)
    wanted = (argument.wire, argument.location)
    return next((each for each in found if (each.get("name"), each.get("in")) == wanted), _NONE)


def _member(schema: Node, name: str, depth: int = 0) -> Node:
    if depth > _DEEPEST:
        return _NONE
    found = _node(schema.get("properties")).get(name)
    if found is not None:
        return _node(found)
    inner = [_member(_node(each), name, depth + 1) for each in schema.get("allOf", ())]
    return next((each for each in inner if each), _NONE)


def _node(value: object, depth: int = 0) -> Node:
    """Return an object of the spec, a local reference followed; an empty one for anything else."""
    node = cast("Node", value) if isinstance(value, Mapping) else _NONE
    reference = node.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/") or depth > _DEEPEST:
        return node
    found: Any = document()
    for part in reference.removeprefix("#/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        found = cast("Node", found).get(key) if isinstance(found, Mapping) else None
    return _node(found, depth + 1)
