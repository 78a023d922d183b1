"""Nodes as the walk compares them: lists by name, defaults left out, one spelling of each name."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chessa_codegen.document.loader import METHODS, is_mapping, is_sequence
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import media_types
from chessa_codegen.ir.media_types import Media
from chessa_tracking.diff import statuses
from chessa_tracking.diff.node import ABSENT, Node, same

Members = dict[str, Node] | None
"""None of a node that does not have the form of its kind."""

_FLAGS: Final = ("required", "deprecated")
_STYLES: Final = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_FORM: Final = ("allowReserved", "allowEmptyValue")
_EXPLODED: Final = ("form", "cookie")
_CHARSET: Final = re.compile(r"\s*;\s*charset\s*=\s*\"?utf-?8\"?\s*", re.IGNORECASE)
_PORTS: Final = {"http": ":80", "https": ":443"}
_IGNORED: Final = frozenset({"accept", "authorization", "content-type"})
"""Headers that OpenAPI ignores as parameters."""
_NAMES: Final = re.compile(r"\{([^{}]*)\}")


def of(kind: str, old: Node, new: Node) -> tuple[Members, Members]:
    """Return the members of two nodes of a kind."""
    view = _VIEWS.get(kind, _members)
    before, after = view(old), view(new)
    if kind in ("success", "non-success") and before is not None and after is not None:
        before, after = statuses.aligned(before, after)
    if kind == "info" and before and after:
        versions = [_numbers(each.get("version")) for each in (before, after)]
        if all(versions) and versions[0] != versions[1]:
            moved = "increased" if versions[1] > versions[0] else "decreased"
            before[moved], after[moved] = before.pop("version"), after.pop("version")
    return before, after


def _members(node: Node) -> Members:
    if node.value is not ABSENT and not is_mapping(node.value):
        return None
    return {
        key: one
        for key, one in node.members().items()
        if not (key in _FLAGS and one.value is False)
    }


def _numbers(version: Node | None) -> list[int]:
    return [int(part) for part in re.findall("[0-9]{1,9}", str(version.value if version else ""))]


def _named(nodes: Iterable[Node], names: Iterable[Any]) -> Members:
    """Return nodes by their names, if all have one of their own."""
    found = list(zip(names, nodes, strict=True))
    if not all(isinstance(name, str) for name, _ in found):
        return None
    named = {str(name): node for name, node in found}
    return named if len(named) == len(found) else None


def _tags(node: Node) -> Members:
    """Return tags by name, the first of each."""
    names = [tag.get("name") for tag in node.items()]
    first = [tag for i, tag in enumerate(node.items()) if names[i] not in names[:i]]
    return _named(first, [tag.get("name") for tag in first])


def _inherited(node: Node) -> Any:
    """Return the list of a node, or that of the document."""
    return node.document.get(str(node.where[-1]), []) if node.value is ABSENT else node.value


def _servers(node: Node) -> Members:
    """Return the server that calls go to, and the others by their addresses."""
    found = _inherited(node)
    found = [{"url": "/"}] if same(found, []) else found
    if not is_sequence(found) or not all(map(is_mapping, found)):
        return None
    served = Node(node.document, found, node.where).items()
    served = [_filled(each, url) for each in served if isinstance(url := each.get("url"), str)]
    others = _named(served[1:], [each.get("url") for each in served[1:]])
    if len(served) != len(found) or others is None or served[0].get("url") in others:
        return None
    return {"default": served[0], "others": node.holding(others)}


def _filled(server: Node, url: str) -> Node:
    """Return a server with its address, which has the defaults of its variables in it."""
    members = server.members()
    held = server.get("variables")
    variables = held if is_mapping(held) else {}
    defaults = {
        name: each["default"]
        for name, each in variables.items()
        if is_mapping(each) and each.keys() - {"description"} == {"default"}
    }
    if len(defaults) == len(variables) and all(isinstance(one, str) for one in defaults.values()):
        members.pop("variables", None)
        for name, default in defaults.items():
            url = url.replace(f"{{{name}}}", default)
    return server.holding(members | {"url": server.of(address(url), "url")})


def address(url: str) -> str:
    """Return one spelling of an address: a slash at its end means nothing, nor does `:443`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    host = (parts.netloc if "{" in url else parts.netloc.lower()).removesuffix(
        _PORTS.get(scheme, "\0")
    )
    path = parts.path.rstrip("/")
    return parts._replace(scheme=scheme, netloc=host, path=path).geturl() or "/"


def split(url: str) -> tuple[str, str]:
    """Return the origin of an address and its path."""
    found = re.fullmatch("((?:[a-z][a-z+.-]*://[^/?#]*)?)([^?#]*)", address(url))
    return (found[1], found[2].rstrip("/")) if found else (url, "")


def _security(node: Node) -> Members:
    """Return the alternatives of a list by their schemes, with the scopes of each."""
    found = _inherited(node)
    found = [] if same(found, [{}]) else found
    if not is_sequence(found) or not all(
        is_mapping(each) and all(map(is_sequence, each.values())) for each in found
    ):
        return None
    alternatives = [
        node.holding({
            scheme: node.of({str(scope): "" for scope in scopes})
            for scheme, scopes in each.items()
        })
        for each in found
    ]  # fmt: skip
    names = [" with ".join(sorted(each)) or "no credentials" for each in found]
    return _named(alternatives, names)


def operation(item: Node, method: str, path: str) -> Node:
    """Return an operation with all its parameters, and its first tag apart."""
    node = item.child(method)
    members = _members(node) or {}
    lists = item.child("parameters"), node.child("parameters")
    found = [one for each in lists for one in reversed(each.items())]  # the first of two counts
    members["parameters"] = _parameters(node, found, _NAMES.findall(path))
    for each in lists:
        is_list = is_sequence(each.value) or each.value is ABSENT
        if not is_list or None in map(_key, each.items()):
            members["parameters"] = each
    tags = node.child("tags")
    if is_sequence(tags.value) and all(isinstance(tag, str) for tag in tags.value):
        rest = {tag: tags.of("") for tag in tags.value[1:]}
        members["tags"] = tags.holding(rest)
        members |= {"first tag": tags.of(tags.value[0])} if tags.value else {}
    return node.holding(members)


def _key(node: Node) -> tuple[str, str] | None:
    name, place = (node.followed().get(key) for key in ("name", "in"))
    if not (isinstance(name, str) and isinstance(place, str)):
        return None
    return (name.lower() if place == "header" else name), place


def _parameters(node: Node, found: list[Node], names: list[str]) -> Node:
    """Return parameters by place and name, those of the path by their position in it.

    What the path names and nothing declares is a text; what has no effect stands apart.
    """
    at = node.child("parameters")
    text = {"required": True, "schema": {"type": "string"}}
    kinds: dict[str, dict[str, Node]] = {
        "path": {
            str(i): at.of({"name": name, "in": "path", **text}) for i, name in enumerate(names)
        },
        "other": {},
        "ignored": {},
    }
    for each in found:
        name, place = _key(each) or ("", "")
        if place == "path" and name in names:
            kinds["path"][str(names.index(name))] = each
        elif place == "path" or (place == "header" and name in _IGNORED):
            kinds["ignored"][f"{place} {name}"] = each
        else:
            kinds["other"][f"{place} {name}"] = each
    return at.holding({kind: at.holding(members) for kind, members in kinds.items()})


def _parameter(node: Node) -> Members:
    members = _members(node)
    if not members:
        return members
    place, style, explode = (node.get(key) for key in ("in", "style", "explode"))
    style = _STYLES.get(str(place)) if style is ABSENT else style
    is_usual = explode in (ABSENT, style in _EXPLODED) or style == "deepObject"
    is_usual |= style in _STYLES.values() and _is_scalar(node.child("schema").followed())
    for key in ("in", "style", "explode", *(() if place == "path" else ("name",))):
        members.pop(key, None)
    for key in _FORM:
        if node.get(key) is False:
            members.pop(key, None)
    if place == "path":
        members["required"] = node.of(True, "required")
    if place == "path" and isinstance(pin := node.get("x-python-name"), str):
        members["name"] = node.of(pin, "name")
    exploded = "" if is_usual else f", {'exploded' if explode else 'not exploded'}"
    form = "content" if "content" in members else f"{style}{exploded}"
    return members | {"serialization": node.of(form)}


def _is_scalar(schema: Node) -> bool:
    """Return whether a schema is of one value, which every style of its place writes as it is."""
    return schema.get("type") in ("string", "number", "integer", "boolean")


def _responses(node: Node) -> Members:
    members = _members(node)
    if members is None or node.value is ABSENT:
        return None
    kinds: dict[str, dict[str, Node]] = {"success": {}, "non-success": {}}
    named = [status for status in members if not status.startswith("x-")]
    successes = statuses.successes(named)
    for status in named:
        kind = "success" if status in successes else "non-success"
        kinds[kind][status] = members.pop(status)
    return members | {kind: node.holding(each) for kind, each in kinds.items()}


def _renamed(spelling: Callable[[str], str]) -> Callable[[Node], Members]:
    """Return a view that spells names in one way, unless two would be one."""

    def view(node: Node) -> Members:
        members = _members(node)
        found = {spelling(key): one for key, one in (members or {}).items()}
        return found if members is not None and len(found) == len(members) else members

    return view


def _mapping(node: Node) -> Members:
    """Return what a discriminator says beyond the names of the components."""
    members = _members(node)
    found: dict[str, Node] = {}
    for value, target in (members or {}).items():
        named = target.value if isinstance(target.value, str) else ""
        name = named.removeprefix(_SCHEMAS)
        whole = target if "/" in name or "." in name or not named else node.of(_SCHEMAS + name)
        if value != name:
            found[value] = whole
    return None if members is None else found


_SCHEMAS: Final = "#/components/schemas/"


def _media_type(name: str) -> str:
    return _CHARSET.sub("", name).strip().lower()


def _sent(node: Node) -> Members:
    """Return the form that a body is sent in, and the names of others."""

    def chosen(holder: Mapping[str, Any]) -> dict[str, Media]:
        form = media_types.sent(holder, ())
        return {form.type: form} if form else {}

    return _content(node, chosen)


def _read(node: Node) -> Members:
    """Return the forms that a body is read in, JSON by one name, and the names of others."""

    def chosen(holder: Mapping[str, Any]) -> dict[str, Media]:
        found = media_types.received(holder, ())
        return {media_types.JSON_TYPE if each.kind == "json" else each.type: each for each in found}

    return _content(node, chosen)


def _content(node: Node, chosen: Callable[[Mapping[str, Any]], dict[str, Media]]) -> Members:
    members = _members(node)
    plain = _renamed(_media_type)(node)
    if not members or plain is None or not all(is_mapping(each.value) for each in members.values()):
        return plain
    try:
        forms = chosen({"content": node.value})
    except SpecError:  # no form is supported
        return plain
    found = {name: members[str(each.where[-2])] for name, each in forms.items()}
    others = plain.keys() - {_media_type(str(each.where[-2])) for each in forms.values()}
    unused = {name: plain[name].of("") for name in others if not media_types.is_json(name)}
    return {**unused, **found}


def _media(node: Node) -> Members:
    """Return a form of a body; without a schema it is anything, and bytes are written out."""
    members = _members(node)
    name = str(node.where[-1]).partition(";")[0]
    if members and media_types.is_json(name):
        members.pop("encoding", None)  # it is of forms
    if members is None or "itemSchema" in members:
        return members
    schema = members.setdefault("schema", node.of({}, "schema"))
    if media_types.is_binary(name) and (schema.value is True or schema.value == {}):
        members["schema"] = schema.of({"type": "string", "format": "binary"})
    return members


def _item(node: Node) -> Members:
    members = _members(node)
    for method in METHODS:
        if members and is_mapping(node.get(method)):
            members[method] = operation(node, method, "")
    return members


_VIEWS: Final[dict[str, Callable[[Node], Members]]] = {
    "tags": _tags,
    "servers": _servers,
    "api-security": _security,
    "api-global-security": _security,
    "parameter": _parameter,
    "responses": _responses,
    "headers": _renamed(str.lower),
    "mapping": _mapping,
    "request media": _sent,
    "response media": _read,
    "parameter media": _renamed(_media_type),
    "media": _media,
    "item": _item,
}
