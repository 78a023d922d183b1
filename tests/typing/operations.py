"""Users' code for every operation that there is, written from the methods of the clients.

Two modules: calls that must check and calls that must be refused. Operations that the vendor adds
are in them without a hand edit.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import attrs

import chessa

_IMPORTED: Final = {
    "typing": ("Any", "assert_type"),
    "chessa": ("AsyncChessa", "Chessa", "RawResponse", "Unset", "models"),
}
_PUBLIC: Final = {"chessa_api.types": "", "chessa_api.models": "models."}
"""Where users find what the private package defines."""


@attrs.frozen
class Method:
    """A method of a resource: its arguments by name and hint, and what it returns."""

    place: str
    """`orders.create`"""
    arguments: dict[str, Any]
    required: tuple[str, ...]
    by_name: bool
    """Whether no argument may be given by position."""
    result: Any

    def call(self, client: str, *others: str, without: str = "") -> str:
        """Return a call with the required arguments, but for one, and with others."""
        given = [f"{name}=given_{name}" for name in self.required if name != without]
        return f"{client}.{self.place}({', '.join([*given, *others])})"


def methods() -> list[Method]:
    """Return every method of every resource."""
    client = chessa.Chessa(client_id="a", client_secret="b")
    found: list[Method] = []
    for resource in _names(type(client), inspect.isclass):
        made = getattr(client, resource)
        for name in _names(type(made), inspect.isfunction):
            method = getattr(made, name)
            hints = typing.get_type_hints(method)
            result = hints.pop("return")
            parameters = inspect.signature(method).parameters.values()
            found.append(
                Method(
                    place=f"{resource}.{name}",
                    arguments=hints,
                    required=tuple(p.name for p in parameters if p.default is p.empty),
                    by_name=all(p.kind is p.KEYWORD_ONLY for p in parameters),
                    result=result,
                )
            )
    return found


def _names(owner: type, wanted: Callable[[object], bool]) -> list[str]:
    return [name for name, _ in inspect.getmembers(owner, wanted) if not name.startswith("_")]


def accepted() -> str:
    """Calls with all arguments of their types; each result is of the type of its operation."""
    return _module(_accepted)


def refused() -> str:
    """Calls with one thing wrong, marked as the refused files of this folder are."""
    return _module(_refused)


def _module(write: Callable[[Method], Iterator[str]]) -> str:
    found = methods()
    hints = [hint for method in found for hint in (*method.arguments.values(), method.result)]
    modules = sorted({module for hint in hints for module in _modules(hint)})
    lines: list[str] = []
    for method in found:
        for kind, prefix in (("Chessa", "def "), ("AsyncChessa", "async def on_asyncio_")):
            name = method.place.replace(".", "_")
            given = [f"given_{name}: {_written(hint)}" for name, hint in method.arguments.items()]
            lines += ["", "", f"{prefix}{name}({', '.join([f'client: {kind}', *given])}) -> None:"]
            wait = "await " if kind == "AsyncChessa" else ""
            body = [line.replace("WAIT ", wait) for line in write(method)]
            if wait and write is _refused:
                forgotten = method.call("client")
                body.append(_marked(forgotten, "unused-coroutine", "reportUnusedCoroutine"))
            lines += [f"    {line}" for line in body]
    code = "\n".join([*lines, ""])
    header = [f'"""Written by {__name__}."""', "", *(f"import {module}" for module in modules)]
    for module, names in _IMPORTED.items():
        used = [name for name in names if re.search(rf"\b{name}\b", code)]
        header += [f"from {module} import {', '.join(used)}"] if used else []
    return "\n".join([*header, code])


def _accepted(method: Method) -> Iterator[str]:
    optional = [f"{name}=given_{name}" for name in method.arguments if name not in method.required]
    result = _written(method.result)
    raw = f"RawResponse[{result}]"
    resource, _, name = method.place.partition(".")
    yield f"assert_type(WAIT {method.call('client.with_raw_response', *optional)}, {raw})"
    same = attrs.evolve(method, place=f"{resource}.with_raw_response.{name}")
    yield f"assert_type(WAIT {same.call('client')}, {raw})"
    for call in (
        method.call("client"),
        method.call("client", *optional),
        method.call("client.with_options(timeout=5)"),
    ):
        # mypy takes no value from a call that returns None
        yield (
            f"WAIT {call}"
            if method.result is types.NoneType
            else f"assert_type(WAIT {call}, {result})"
        )


def _refused(method: Method) -> Iterator[str]:
    yield _marked(f"WAIT {method.call('client', 'mis_spelt=1')}", "call-arg", "reportCallIssue")
    for name in method.required:
        short = method.call("client", without=name)
        yield _marked(f"WAIT {short}", "call-arg", "reportCallIssue")
    if method.by_name and method.arguments:
        yield _marked(f"WAIT client.{method.place}('x')", "call-arg", "reportCallIssue")
    for name, hint in method.arguments.items():
        kinds = _kinds(hint)
        if Any in kinds:
            continue
        wrong = (["0.5"] if Decimal in kinds else []) + (
            ["None"] if types.NoneType not in kinds else []
        )
        for value in wrong:
            call = method.call("client", f"{name}={value}", without=name)
            yield _marked(f"WAIT {call}", "arg-type", "reportArgumentType")
    if _is_model(method.result):
        read = f"print((WAIT {method.call('client')}).no_such_field)"
        yield _marked(read, "attr-defined", "reportAttributeAccessIssue")


def _marked(line: str, mypy: str, pyright: str) -> str:
    return f"{line}  # refused: {mypy} {pyright}"


def _kinds(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def _is_model(hint: Any) -> bool:
    return getattr(hint, "__module__", "").startswith("chessa_api.models.")


def _written(hint: Any) -> str:
    """Return a hint as a user would write it."""
    kinds = _kinds(hint)
    if len(kinds) > 1:
        return " | ".join(map(_written, kinds))
    if hint is types.NoneType:
        return "None"
    if hint in (Any, ...):
        return "Any" if hint is Any else "..."
    name = _name(typing.get_origin(hint) or hint)
    inner = ", ".join(map(_written, typing.get_args(hint)))
    return f"{name}[{inner}]" if inner else name


def _name(kind: type) -> str:
    if kind.__module__ == "builtins":
        return kind.__qualname__
    for private, public in _PUBLIC.items():
        if kind.__module__ == private or kind.__module__.startswith(f"{private}."):
            return public + kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _modules(hint: Any) -> Iterator[str]:
    """Return the imports that a hint needs in addition to the public package."""
    inner = typing.get_args(hint)
    for each in inner:
        yield from _modules(each)
    name = _written(hint) if not inner else _name(typing.get_origin(hint) or hint)
    module = name.rpartition(".")[0]
    if module and len(_kinds(hint)) == 1 and module not in ("models", ".."):
        yield module
