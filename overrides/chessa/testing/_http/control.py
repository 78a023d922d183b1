"""Commands over HTTP, for a sandbox in another process: `POST /_sandbox/orders/{id}/fail`.

These paths are the sandbox's own; only its server has them.
"""

import urllib.parse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from chessa_api.exact_json import dumps

from .._errors import METHOD_NOT_ALLOWED, NOT_FOUND, LifeCycleError, Problem, invalid, not_found
from .backend import Delivery, refused
from .commands import COMMANDS, Command
from .guard import check_origin
from .openapi import document
from .options import read_json, read_options
from .page import PAGES

if TYPE_CHECKING:
    from .._sandbox import Sandbox

PREFIX: Final = "/_sandbox"
_HEADERS: Final = (
    ("content-type", "application/json"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
)


def control(
    api: "Sandbox", method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Delivery:
    """Perform a command.

    Args:
        api: The sandbox.
        method: Of the request.
        target: Path and query, percent-encoded.
        headers: By lower-case name.
        body: Empty for none.
    """
    path, _, query = target.partition("?")
    try:
        if method == "GET" and path in PAGES:
            return PAGES[path](api)
        if method != "GET":
            check_origin(headers)
        if path == f"{PREFIX}/openapi.json":
            _only(method, ("GET",))
            made: Any = document()
        else:
            made = _perform(api, method, path, query, headers, body)
    except Problem as problem:
        return attrs.evolve(refused(problem), headers=(*_HEADERS, *problem.headers))
    return Delivery(200, _HEADERS, dumps(made))


def _perform(
    api: "Sandbox", method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Any:
    parts = [urllib.parse.unquote(part) for part in path.split("/")[2:]]
    found = {each.method: (each, names) for each, names in _matching(parts)}
    if not found:
        raise Problem(404, NOT_FOUND, "Command not found: /_sandbox/openapi.json lists all of them")
    _only(method, found)
    command, names = found[method]
    content_type = headers.get("content-type", "")
    with api.backend.state.lock:
        api.backend.state.catch_up()
        first, more = _subject(api, command, names)
        try:
            if command.takes_body:
                read_options(command, query, "", b"")  # it has none
                result = command.call(first, read_json(body))
            else:
                options = read_options(command, query, content_type, body)
                result = command.call(first, *more, **options)
        except (LifeCycleError, ValueError) as error:
            raise invalid(str(error)) from None
        return result if command.shown is None else command.shown(api, result)


def _only(method: str, known: Any) -> None:
    if method not in known:
        allow = ", ".join(known)
        raise Problem(405, METHOD_NOT_ALLOWED, f"{method} is not allowed: {allow}", allow=allow)


def _matching(parts: list[str]) -> list[tuple[Command, dict[str, str]]]:
    return [
        (command, names)
        for command in COMMANDS
        if (names := _names(tuple(command.path.split("/")), parts)) is not None
    ]


def _names(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    names: dict[str, str] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            names[expected.strip("{}")] = part
        elif expected != part:
            return None
    return names


def _subject(
    api: "Sandbox", command: Command, names: Mapping[str, str]
) -> tuple[Any, tuple[str, ...]]:
    """Return the first argument of the command, and the ones out of its path."""
    if "order_id" in names:
        order = api.orders.get(names["order_id"])
        if order is None:
            raise not_found("Order")
        return (order, ()) if command.of == "order" else (api, (order.id,))
    return (api.clock if command.of == "clock" else api), ()
