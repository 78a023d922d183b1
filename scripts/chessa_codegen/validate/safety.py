"""The safety gate: checks of a document before any library reads it, or code is made of it.

The document is data from outside and is not trusted: not even its form is known yet. What is
unsafe is refused; names and paths of which no request or code can be made are found, and cut.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from chessa_codegen.characters import is_plain
from chessa_codegen.document.refs import Where, place
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError, together
from chessa_codegen.ir.plan import Plan

_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-]|\{[A-Za-z_][A-Za-z0-9_.-]*\})*)+")
_BEHIND_PATH: Final = re.compile(
    r"(?:\?[A-Za-z0-9._~!$'()*+,;=:@&/%-]*)?(?:#[A-Za-z0-9._~!$'()*+,;=:@&/%?-]*)?"
)
"""The query and the fragment that a document may write behind a path."""
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._:@/+ -]+")
_ADDRESS: Final = re.compile(
    r"(?:https?:)?//[^/?#@\s\\]+(?:[/?#][^\s\\]*)?|[^:\s\\]*", re.IGNORECASE
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MAX_NAME: Final = 120
_MAX_CLASS: Final = 160  # the file name of its module fits file systems
_MAX_ADDRESS: Final = 500
_MAX_TEXT: Final = 100_000


def check_document(document: Mapping[str, Any]) -> None:
    """Refuse unsafe text, invalid names in our extensions, and servers that cannot host an API."""
    if found := list(filter(None, _unsafe(document))):
        raise together(found, "The document is not safe to use")


def _unsafe(document: Mapping[str, Any]) -> Iterator[SpecError | None]:
    for where, text in () if _has_plain_texts(document) else _texts(document, ()):
        yield _text(text, where)
    for where, node in nodes(document):
        if isinstance(node, dict):
            for key in ("x-python-name", "x-resource", "x-unwrap"):
                if isinstance(node.get(key), str):
                    yield _printable(node[key], (*where, key), key)
    servers = document.get("servers")
    for position, server in enumerate(servers if isinstance(servers, list) else ()):
        yield _server(server, ("servers", position))


def odd_names(document: Mapping[str, Any]) -> Iterator[SpecError]:
    """Find paths, parameters, properties and servers of which no request or code can be made."""
    for path, _ in _members(document.get("paths")):
        if not path.startswith("x-") and (error := _path(path)):
            yield error
    for where, node in nodes(document):
        if isinstance(node, dict):
            yield from filter(None, _of_node(node, where))


def is_token(operation_id: str) -> bool:
    """Return whether a method can be named after an operationId."""
    return bool(_TOKEN.fullmatch(operation_id)) and len(operation_id) <= _MAX_NAME


def check_plan(plan: Plan) -> None:
    """Refuse names that would make files no file system takes."""
    classes = [(model.name, model.where) for model in plan.models]
    classes += [(enum.name, enum.where) for enum in plan.enums]
    methods = [(o.name, o.path) for resource in plan.resources for o in resource.operations]
    for name, where in (*classes, *methods):
        if len(name) > _MAX_CLASS:
            raise SpecError(
                f"The name {name[:40]}… has {len(name)} characters.",
                where,
                f"Give it a name of at most {_MAX_CLASS} by the overlay: a title, x-python-name "
                "or an operationId.",
            )


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _has_plain_texts(document: Mapping[str, Any]) -> bool:
    """Return whether no text is to be reported; places, which cost more, are for those."""
    waiting: list[Any] = [dict(document)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _text(value, ()):
                return False
        elif isinstance(value, dict):
            waiting += value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return True


def _texts(value: Any, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield (*where, "(a key)"), key
            yield from _texts(member, (*where, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _texts(item, (*where, position))


def _text(text: str, where: Where) -> SpecError | None:
    if len(text) > _MAX_TEXT:
        return SpecError(
            f"A text of {len(text):,} characters.", place(where), f"Keep it under {_MAX_TEXT:,}."
        )
    if found := _CONTROL.search(text):
        return SpecError(
            f"The text holds the control character U+{ord(found[0]):04X}.",
            place(where),
            "Remove the character.",
        )
    return None


def _path(path: str) -> SpecError | None:
    plain = re.split("[?#]", path, maxsplit=1)[0]
    bare = re.sub(r"\{[^{}]*\}", "x", plain)
    if (
        _PATH.fullmatch(plain)
        and _BEHIND_PATH.fullmatch(path.removeprefix(plain))
        and ".." not in plain.split("/")
        and "//" not in bare
        and len(path) <= 500
    ):
        return None
    return SpecError(
        "The path is not made of plain segments and {parameters}.",
        place(("paths", path)),
        "Use letters, digits and -._~ in segments, and braces around parameter names only.",
    )


def _of_node(node: Mapping[str, Any], where: Where) -> Iterator[SpecError | None]:
    if isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
        yield _printable(node["name"], (*where, "name"), "parameter name")
        if node["in"] == "header" and not _HEADER.fullmatch(node["name"]):
            yield SpecError(
                "The header name holds characters that are not allowed there.",
                place((*where, "name")),
                "Use letters, digits and - . _ in it.",
            )
    for key, _ in _members(node.get("properties")):
        yield _printable(key, (*where, "properties"), "property name")
    servers = node.get("servers") if where else None
    for position, server in enumerate(servers if isinstance(servers, list) else ()):
        yield _server(server, (*where, "servers", position))
    yield _server(node.get("server"), (*where, "server"))


def _server(server: object, where: Where) -> SpecError | None:
    """Find addresses that cannot be those of an HTTP API, or that hold credentials."""
    if not isinstance(server, Mapping) or not isinstance(server.get("url"), str):
        return None
    for address in _addresses(server["url"], server.get("variables")):
        host = address.partition("//")[2].split("/")[0]
        if "@" in host:
            what = "The address of a server holds credentials."
        elif (
            not _ADDRESS.fullmatch(address) or not is_plain(address) or len(address) > _MAX_ADDRESS
        ):
            what = "The address of a server is not one of http or https."
        else:
            continue
        return SpecError(
            what,
            place((*where, "url")),
            "Write https://, a host and a path, and nothing else; by the overlay if it is the "
            "vendor's.",
        )
    return None


def _addresses(url: str, variables: object) -> Iterator[str]:
    """Yield an address with every value of each of its variables, the others as by default."""
    known = {name: one for name, one in _members(variables) if isinstance(one, Mapping)}
    defaults = {name: str(one.get("default", "")) for name, one in known.items()}
    yield _filled(url, defaults)
    for name, one in known.items():
        listed = one.get("enum")
        for value in listed if isinstance(listed, list) else ():
            yield _filled(url, {**defaults, name: str(value)})


def _filled(url: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda match: values.get(match[1], "x"), url)


def _printable(name: object, where: Where, what: str) -> SpecError | None:
    if isinstance(name, str) and is_plain(name) and len(name) <= _MAX_NAME:
        return None
    return SpecError(
        f"The {what} is not a printable text of at most {_MAX_NAME} characters.",
        place(where),
        "Shorten it and remove special characters, by the overlay if it is the vendor's.",
    )
