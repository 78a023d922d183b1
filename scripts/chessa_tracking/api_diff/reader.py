"""Read the Python surface of a generated package from its source; nothing of it is imported."""

import ast
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chessa_codegen.errors import SpecError
from chessa_codegen.python.source import DEPRECATED
from chessa_tracking.api_diff import hints as types
from chessa_tracking.api_diff.surface import (
    FACES,
    LEDGER,
    Argument,
    Attribute,
    Class,
    Face,
    Method,
    Surface,
    Webhook,
)
from chessa_tracking.diff import statuses as status_names

_KINDS: Final = {
    "Model": "model",
    "OpenEnum": "enum of strings",
    "OpenIntEnum": "enum of integers",
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Fields = Mapping[str, ast.expr]


def read(folder: Path) -> Surface:
    """Return the public surface of a package."""
    return surface_of(modules_of(folder), str(folder))


def modules_of(folder: Path) -> dict[str, bytes]:
    """Return the source of the modules that a surface is read from, by name."""
    found = [folder / "client.py", folder / "webhooks.py"]
    found += [*folder.glob("api/**/*.py"), *folder.glob("models/*.py")]
    try:
        return {
            path.relative_to(folder).with_suffix("").as_posix(): path.read_bytes() for path in found
        }
    except OSError as error:
        raise _foreign(error, str(folder)) from None


def surface_of(sources: Mapping[str, str | bytes], where: str = "a draft") -> Surface:
    """Return the public surface that the modules of a package have."""
    try:
        modules = {name: ast.parse(source) for name, source in sources.items()}
        operations = dict(_operations(modules))
        holders = _classes(*(tree for name, tree in modules.items() if name.startswith("api/")))
        client = _classes(modules["client"])

        @functools.cache  # two faces have each method
        def method(resource: str, name: str, one: _Function) -> Method:
            return _method(resource, name, one, operations[f"{resource}.{_called(one)}"])

        return Surface(
            faces={name: _face(client[name], holders, method) for name in FACES},
            classes={one.name: one for one in _models(modules)},
            members={
                name: frozenset(_members(holder)) for name, holder in {**holders, **client}.items()
            },
            webhooks=dict(_webhooks(modules["webhooks"])),
        )
    except (KeyError, AttributeError, ValueError, SyntaxError) as error:
        raise _foreign(error, where) from None


def _foreign(error: Exception, where: str) -> SpecError:
    return SpecError(
        f"The package is not laid out as the pipeline does it: {error!r}.",
        where,
        "Regenerate it: python scripts/regenerate.py",
    )


def _classes(*trees: ast.Module) -> dict[str, ast.ClassDef]:
    """Find the classes of modules by name; generated ones stand in no other statement."""
    statements = (one for tree in trees for one in tree.body)
    return {one.name: one for one in statements if isinstance(one, ast.ClassDef)}


def _functions(holder: ast.ClassDef) -> dict[str, _Function]:
    return {
        one.name: one
        for one in holder.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _is_property(function: _Function) -> bool:
    """Return whether it is a property: a method may have a decorator too, `@deprecated`."""
    return any(ast.unparse(each) == "property" for each in function.decorator_list)


def _members(holder: ast.ClassDef) -> Iterator[str]:
    """Name the parts of a class that every package has: its bases and properties."""
    yield from map(ast.unparse, holder.bases)
    for name, function in _functions(holder).items():
        if _is_property(function) and not name.startswith("_"):
            yield name


# --- operations


def _operations(modules: Mapping[str, ast.Module]) -> Iterator[tuple[str, _Fields]]:
    """Return the constants that describe an operation, by its name."""
    for name, tree in modules.items():
        for constant in tree.body if name.startswith("api/") else ():
            match constant:
                case ast.AnnAssign(
                    annotation=ast.Subscript(value=ast.Name(id="Operation")),
                    value=ast.Call(keywords=keywords),
                ):
                    fields = {one.arg: one.value for one in keywords if one.arg is not None}
                    yield ast.literal_eval(fields["name"]), fields


# --- resources and methods


def _face(
    holder: ast.ClassDef,
    holders: Mapping[str, ast.ClassDef],
    read: Callable[[str, str, _Function], Method],
) -> Face:
    """Return the methods of a class that holds the resources, by resource and name."""
    face: dict[str, dict[str, Method]] = {}
    for resource, function in _functions(holder).items():
        if not resource.startswith("_") and resource != "with_raw_response" and function.returns:
            face[resource] = {
                name: read(resource, name, one)
                for name, one in _methods(ast.unparse(function.returns), holders)
            }
    return face


def _called(function: _Function) -> str:
    """Return the name of the operation that a method calls: several may call one."""
    nodes = (node for statement in function.body for node in ast.walk(statement))
    call = next(node for node in nodes if isinstance(node, ast.Call) and node.args)
    names = (node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name))
    return next(name for name in names if name.isupper()).lower()


def _methods(name: str, holders: Mapping[str, ast.ClassDef]) -> Iterator[tuple[str, _Function]]:
    """Find the methods of a class; for `…WithRawResponse` those that it wraps."""
    functions = _functions(holders[name])
    for method, function in functions.items():
        if not method.startswith("_") and not _is_property(function):
            yield method, function
    origin = name.removesuffix("WithRawResponse")
    for statement in functions["__init__"].body if origin != name else ():
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=method)],
                value=ast.Call(args=[ast.Attribute(attr=wrapped)]),
            ):
                yield method, _functions(holders[origin])[wrapped]


def _method(resource: str, name: str, function: _Function, fields: _Fields) -> Method:
    verb, path = (str(ast.literal_eval(fields[key])) for key in ("method", "path"))
    saves = any(one.arg == "file" for one in function.args.posonlyargs)
    slots = re.findall(r"\{([^{}]*)\}", path)
    wires = dict(_wires(fields))
    statuses = dict(_statuses(fields))
    successes = status_names.successes(statuses)
    failures = {s for s in statuses if s not in successes}
    result = _unparsed(function.returns).replace("builtins.", "")
    envelope = types.union(body for s, body in statuses.items() if s in successes and body)
    return Method(
        resource=resource,
        own_name=name,
        call=(f"{verb} to a file" if saves else verb, re.sub(r"\{[^{}]*\}", "{}", path)),
        arguments=tuple(_arguments(function.args, wires, slots)),
        result=result,
        envelope=envelope if "unwrap" in fields else "",
        errors={status: statuses[status] for status in sorted(failures)},
        exclusive=frozenset(map(frozenset, _value(fields, "exclusive", ()))),
        is_read=_value(fields, "is_read", False),
        ledger={key: ast.unparse(fields[key]) for key in LEDGER if key in fields},
        deprecated=DEPRECATED in (ast.get_docstring(function) or "").splitlines(),
        awaited=isinstance(function, ast.AsyncFunctionDef),
    )


def _value(fields: _Fields, name: str, default: Any) -> Any:
    return ast.literal_eval(fields[name]) if name in fields else default


def _wires(fields: _Fields) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield for each argument its location and key on the wire."""
    match fields.get("arguments"):
        case ast.Tuple(elts=calls):
            for call in calls:
                if isinstance(call, ast.Call):
                    name, key, location = map(ast.literal_eval, call.args[:3])
                    yield name, (location, key)


def _statuses(fields: _Fields) -> Iterator[tuple[str, str]]:
    match fields["responses"]:
        case ast.Dict(keys=keys, values=codecs):
            for key, codec in zip(keys, codecs, strict=True):
                yield ast.literal_eval(key or ast.Constant("")), types.of_codec(codec)


def _arguments(
    given: ast.arguments, wires: Mapping[str, tuple[str, str]], slots: list[str]
) -> Iterator[Argument]:
    in_order = [*given.posonlyargs, *given.args]
    by_position: list[ast.expr | None] = [None] * (len(in_order) - len(given.defaults))
    by_position += given.defaults
    pairs = [*zip(in_order, by_position, strict=True)][1:]
    for one, default in (*pairs, *zip(given.kwonlyargs, given.kw_defaults, strict=True)):
        location, key = wires.get(one.arg, ("file", one.arg))  # the place of a saved response
        yield Argument(
            name=one.arg,
            hint=types.without(_unparsed(one.annotation), "Unset"),
            default=_unparsed(default),
            by_position=one in in_order,
            wire=(location, key),
            slot=slots.index(key) if location == "path" and key in slots else None,
        )


def _unparsed(node: ast.expr | None) -> str:
    return ast.unparse(node) if node else ""


# --- webhooks


def _webhooks(module: ast.Module) -> Iterator[tuple[str, Webhook]]:
    """Return the constants that decode a body, by name."""
    for statement in module.body:
        match statement:
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Subscript(
                    slice=ast.Subscript(value=ast.Name(id="Webhook"), slice=hint)
                ),
                value=ast.Call(args=[key, *_]),
            ):
                yield name, Webhook(ast.literal_eval(key), ast.unparse(hint))


# --- classes


def _models(modules: Mapping[str, ast.Module]) -> Iterator[Class]:
    exported = next(
        ast.literal_eval(one.value)
        for one in modules["models/__init__"].body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "__all__"
    )
    holders = _classes(*(tree for name, tree in modules.items() if name.startswith("models/")))
    for name in exported:
        source = holders[name]
        bases, item = {ast.unparse(base) for base in source.bases}, ""
        match source.bases:
            case [ast.Subscript(ast.Name("ListModel"), ast.Constant(str(item)))]:
                bases = {"Model"}
        kind = next((kind for base, kind in _KINDS.items() if base in bases), "class")
        attributes: dict[str, Attribute] = {}
        members: dict[str, str | int] = {}
        for statement in source.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=key), value=ast.Call() as call) if (
                    not key.startswith("_")
                ):
                    attributes[key] = _attribute(key, ast.unparse(statement.annotation), call)
                case ast.Assign(targets=[ast.Name(id=key)], value=ast.Call(args=[value])) if (
                    not key.startswith("_")
                ):
                    members[key] = ast.literal_eval(value)
        yield Class(name, kind, attributes, members, item)


def _attribute(name: str, hint: str, call: ast.Call) -> Attribute:
    match call:
        case ast.Call(
            func=ast.Attribute(attr="field"), keywords=[ast.keyword(value=ast.Call() as inner)]
        ):
            call = inner
    if not isinstance(call.func, ast.Attribute):
        raise ValueError(ast.unparse(call))
    return Attribute(name, ast.literal_eval(call.args[0]), hint, call.func.attr)
