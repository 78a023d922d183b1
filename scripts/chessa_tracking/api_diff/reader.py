"""A generated package read as its callers see it.

In: the folder of a package. Out: a `Surface`, and the package as griffe loaded it. Nothing of the
package is imported or run: griffe parses, and values are read from the syntax.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import griffe

from chessa_codegen.errors import SpecError
from chessa_tracking.api_diff import hints as types
from chessa_tracking.api_diff.surface import (
    FACES,
    Argument,
    Attribute,
    Class,
    Face,
    Method,
    Surface,
)

PUBLIC: Final = ("api", "client", "models")
"""The modules that the vendor's document makes; the others are the pipeline's own."""

_DEPRECATED: Final = "Deprecated by the vendor."
_KINDS: Final = {
    "Model": "model",
    "OpenEnum": "enum of strings",
    "OpenIntEnum": "enum of integers",
}
_POSITIONAL: Final = griffe.ParameterKind.positional_or_keyword


def load(folder: Path) -> griffe.Module:
    """Parse a package, all of it."""
    try:
        package = griffe.load(
            folder.name,
            try_relative_path=False,
            search_paths=[folder.parent],
            allow_inspection=False,
            resolve_aliases=True,
            resolve_external=False,
        )
    except (ImportError, griffe.GriffeError) as error:
        raise _unknown(folder, f"cannot be read: {error}") from None
    if not isinstance(package, griffe.Module):
        raise _unknown(folder, "is no package")
    _check_whole(package, folder)
    return package


def read(package: griffe.Module, folder: Path) -> Surface:
    """What callers of a loaded package can reach."""
    try:
        operations = dict(_operations(package))
        return Surface(
            faces={name: _face(package, name, operations) for name in FACES},
            classes={one.name: one for one in _classes(package)},
        )
    except (KeyError, AttributeError, ValueError, SyntaxError, griffe.GriffeError) as error:
        raise _unknown(folder, f"is not laid out as the pipeline does it: {error!r}") from None


def _unknown(folder: Path, problem: str) -> SpecError:
    return SpecError(
        f"The package {problem}.", str(folder), "Regenerate it: python scripts/regenerate.py"
    )


def _check_whole(package: griffe.Module, folder: Path) -> None:
    """A file that griffe could not parse would be missed without a word."""
    for name in PUBLIC:
        for path in [*folder.glob(f"{name}.py"), *sorted((folder / name).rglob("*.py"))]:
            parts = path.relative_to(folder).with_suffix("").parts
            place = parts[:-1] if parts[-1] == "__init__" else parts
            try:
                package[place]
            except KeyError:
                raise _unknown(path, "has a file that cannot be parsed") from None


# --- operations


def _operations(package: griffe.Module) -> Iterator[tuple[str, Mapping[str, ast.expr]]]:
    """The constants that say what the spec knows of an operation, by its name."""
    for resource in modules(package["api"]):
        for module in modules(resource):
            for constant in _attributes(module).values():
                if str(constant.annotation).startswith("Operation"):
                    fields = _keywords(types.parsed(constant.value))
                    yield ast.literal_eval(fields["name"]), fields


def modules(holder: griffe.Object) -> list[griffe.Module]:
    """Those that lie in a package: to ask an import what it is would lead through all models."""
    return [one for one in holder.members.values() if isinstance(one, griffe.Module)]


def _keywords(call: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(call, ast.Call):
        raise ValueError(ast.unparse(call))
    return {one.arg: one.value for one in call.keywords if one.arg is not None}


# --- resources and methods


def _face(
    package: griffe.Module, name: str, operations: Mapping[str, Mapping[str, ast.expr]]
) -> Face:
    """One class that holds the resources: its methods, by resource and name."""
    face: dict[str, dict[str, Method]] = {}
    client = package["client"]
    for resource, holder in _attributes(client[name]).items():
        if not holder.is_public or resource == "with_raw_response":
            continue
        target = client[str(holder.annotation)].final_target
        face[resource] = {
            method: _method(resource, method, function, operations[f"{resource}.{method}"])
            for method, function in _functions(target)
        }
    return face


def _attributes(holder: griffe.Object) -> dict[str, griffe.Attribute]:
    """Those that stand in the class itself: what it inherits is the pipeline's own."""
    return {n: one for n, one in holder.members.items() if isinstance(one, griffe.Attribute)}


def _own_functions(holder: griffe.Object) -> dict[str, griffe.Function]:
    return {n: one for n, one in holder.members.items() if isinstance(one, griffe.Function)}


def _functions(holder: griffe.Class) -> Iterator[tuple[str, griffe.Function]]:
    """The methods of a class; of `…WithRawResponse` those that it wraps."""
    for name, function in _own_functions(holder).items():
        if not name.startswith("_"):
            yield name, function
    for name, attribute in _attributes(holder).items():
        if "instance-attribute" in attribute.labels and attribute.is_public:
            wrapped = types.parsed(attribute.value)
            match wrapped:
                case ast.Call(args=[ast.Attribute(attr=method)]):
                    origin = holder.name.removesuffix("WithRawResponse")
                    yield name, _own_functions(holder.module[origin])[method]
                case _:
                    raise ValueError(ast.unparse(wrapped))


def _method(
    resource: str, name: str, function: griffe.Function, fields: Mapping[str, ast.expr]
) -> Method:
    path: str = ast.literal_eval(fields["path"])
    slots = re.findall(r"\{([^{}]*)\}", path)
    wires = dict(_wires(fields))
    statuses = dict(_statuses(fields))
    successes = {s for s in statuses if s.startswith("2")} or {"default"}
    failures = {s for s in statuses if s not in successes}
    result = str(function.returns).replace("builtins.", "")
    envelope = types.union(body for s, body in statuses.items() if s in successes and body)
    text = function.docstring.value if function.docstring else ""
    return Method(
        resource=resource,
        own_name=name,
        call=(ast.literal_eval(fields["method"]), re.sub(r"\{[^{}]*\}", "{}", path)),
        arguments=tuple(
            _argument(one, wires[one.name], slots)
            for one in function.parameters
            if one.name != "self"
        ),
        result=result,
        envelope=envelope if "unwrap" in fields else "",
        errors={status: statuses[status] for status in sorted(failures)},
        exclusive=frozenset(map(frozenset, _value(fields, "exclusive", ()))),
        is_read=_value(fields, "is_read", False),
        deprecated=_DEPRECATED in text.splitlines(),
        awaited="async" in function.labels,
    )


def _value(fields: Mapping[str, ast.expr], name: str, default: Any) -> Any:
    return ast.literal_eval(fields[name]) if name in fields else default


def _wires(fields: Mapping[str, ast.expr]) -> Iterator[tuple[str, tuple[str, str]]]:
    """For each argument, where on the wire it goes."""
    match fields.get("arguments"):
        case ast.Tuple(elts=calls):
            for call in calls:
                if isinstance(call, ast.Call):
                    name, key, location = map(ast.literal_eval, call.args[:3])
                    yield name, (location, key)


def _statuses(fields: Mapping[str, ast.expr]) -> Iterator[tuple[str, str]]:
    match fields["responses"]:
        case ast.Dict(keys=keys, values=codecs):
            for key, codec in zip(keys, codecs, strict=True):
                yield ast.literal_eval(key or ast.Constant("")), types.of_codec(codec)


def _argument(parameter: griffe.Parameter, wire: tuple[str, str], slots: list[str]) -> Argument:
    location, key = wire
    return Argument(
        name=parameter.name,
        hint=types.without(str(parameter.annotation), "Unset"),
        required=parameter.default is None,
        by_position=parameter.kind is _POSITIONAL,
        wire=wire,
        slot=slots.index(key) if location == "path" and key in slots else None,
    )


# --- classes


def _classes(package: griffe.Module) -> Iterator[Class]:
    models = package["models"]
    for exported in models.exports or ():
        name = str(exported)
        source = models[name].final_target
        kind = next((_KINDS[str(base)] for base in source.bases if str(base) in _KINDS), "class")
        attributes = {n: a for n, a in _attributes(source).items() if a.is_public}
        walk = _own_functions(source).get("__iter__")
        if kind == "model":
            yield Class(
                name=name,
                kind=kind,
                attributes={n: _attribute(n, one) for n, one in attributes.items()},
                item=_item(walk) if walk else "",
            )
        else:
            members = {n: _known(one) for n, one in attributes.items()}
            yield Class(name=name, kind=kind, members=members)


def _attribute(name: str, source: griffe.Attribute) -> Attribute:
    match types.parsed(source.value):
        case ast.Call(
            func=ast.Attribute(attr="field"), keywords=[ast.keyword(value=ast.Call() as call)]
        ):
            pass
        case ast.Call() as call:
            pass
        case other:
            raise ValueError(ast.unparse(other))
    if not isinstance(call.func, ast.Attribute):
        raise ValueError(ast.unparse(call))
    return Attribute(
        name=name,
        key=ast.literal_eval(call.args[0]),
        hint=str(source.annotation),
        way=call.func.attr,
    )


def _item(walk: griffe.Function) -> str:
    match types.parsed(walk.returns):
        case ast.Subscript(slice=item):
            return ast.unparse(item)
        case other:
            raise ValueError(ast.unparse(other))


def _known(source: griffe.Attribute) -> str | int:
    match types.parsed(source.value):
        case ast.Call(args=[value]):
            known: str | int = ast.literal_eval(value)
            return known
        case other:
            raise ValueError(ast.unparse(other))
