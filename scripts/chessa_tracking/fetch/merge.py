"""Merging: one document from the slices of many pages, and the vendored operations that no page
shows.

Missing does not mean removed: a failed fetch must not become a breaking change, so the vendored
operation stays until the maintainer confirms the removal.
"""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import METHODS, copied, is_mapping
from chessa_codegen.document.refs import path_key
from chessa_codegen.document.visitor import MAPS, nodes
from chessa_codegen.errors import SpecError
from chessa_tracking.fetch.gather import Gathered, Page
from chessa_tracking.fetch.pages import Slice

_APART: Final = frozenset({"paths", "components"})
_RECORD: Final = "x-source"
"""Ours: the page that an operation comes from. No page can say it."""


@attrs.frozen
class Conflict:
    """Pages that disagree."""

    what: str
    pages: tuple[str, ...]

    @property
    def text(self) -> str:
        """A sentence."""
        return f"{self.what}: {' and '.join(self.pages)} disagree"


@attrs.frozen
class Missing:
    """An operation of ours that no page shows, or a page that could not be read."""

    operation: str
    """`POST /v1/orders`; empty for a page that no operation is known to come from."""
    page: str
    reason: str

    @property
    def text(self) -> str:
        """A sentence."""
        if not self.operation:
            return f"the page {self.page} cannot be read: {self.reason}"
        return f"{self.operation} is kept as it was: {self.reason}"


@attrs.frozen
class Decisions:
    """The maintainer's decisions on missing operations and pages."""

    removed: frozenset[str] = frozenset()
    """Operations that the vendor removed: `DELETE /v1/orders`."""
    kept: frozenset[str] = frozenset()
    """Operations that stay, though no page shows them."""
    ignored: frozenset[str] = frozenset()
    """Pages that need not be read."""


@attrs.frozen
class Merged:
    """The new document, and the problems that block it."""

    document: dict[str, Any]
    conflicts: tuple[Conflict, ...] = ()
    missing: tuple[Missing, ...] = ()
    """The missing operations and pages without a decision."""
    kept: tuple[Missing, ...] = ()
    """The missing operations that the maintainer keeps."""


def merge(vendored: Mapping[str, Any], gathered: Gathered, decisions: Decisions) -> Merged:
    """Merge gathered slices into the vendored document. Raises `SpecError` for odd decisions."""
    if gathered.document is not None:
        unread = list(_unread(gathered, frozenset()))
        _check_decisions(decisions, unread)
        whole = _with_records(copied(dict(gathered.document)), vendored, {})
        left = tuple(each for each in unread if each.page not in decisions.ignored)
        return Merged(whole, missing=left)
    merged, conflicts = _joined(gathered.slices)
    missing = list(_missing(vendored, gathered)) if gathered.is_all else []
    _check_decisions(decisions, missing)
    stays = {_key(*each.operation.split(" ", 1)) for each in missing if each.operation} - {
        _key(*each.split(" ", 1)) for each in decisions.removed
    }
    if not gathered.is_all:
        stays = _operations(vendored).keys() - _operations(merged).keys()
    _keep(merged, vendored, stays)
    urls = {page.address: page.url for page in gathered.pages}
    pages = {_key(each.method, each.path): urls.get(each.page) for each in gathered.slices}
    settled = decisions.removed | decisions.kept | decisions.ignored
    return Merged(
        _with_records(merged, vendored, pages),
        tuple(conflicts),
        tuple(each for each in missing if (each.operation or each.page) not in settled),
        tuple(each for each in missing if each.operation in decisions.kept),
    )


def _check_decisions(decisions: Decisions, missing: Iterable[Missing]) -> None:
    """Refuse a decision on an operation that is not missing: it may be a slip for another one."""
    for each in sorted(decisions.removed & decisions.kept):
        raise SpecError(
            f"{each} cannot be removed and kept.", "the decisions on the command line", "Say one."
        )
    operations = {each.operation for each in missing}
    pages = {each.page for each in missing}
    for given, known, what in (
        (decisions.removed | decisions.kept, operations, "operation"),
        (decisions.ignored, pages, "page"),
    ):
        for each in sorted(given - known):
            raise SpecError(
                f"No {what} {each} is missing.",
                "the decisions on the command line",
                "Name it as the report does.",
            )


_Key = tuple[str, str]


def _key(method: str, path: str) -> _Key:
    return method.lower(), path_key(path)


def _operations(document: Mapping[str, Any]) -> dict[_Key, tuple[str, str]]:
    """Return the method and the path of every operation, by its identity."""
    return {
        _key(method, path): (method, path)
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if is_mapping(item) and is_mapping(item.get(method))
    }


# ---- Slices -------------------------------------------------------------------------------------


def _joined(slices: Sequence[Slice]) -> tuple[dict[str, Any], list[Conflict]]:
    """Join many slices in one document: keep the first value of a thing; others must agree."""
    said = _Sayings()
    merged: dict[str, Any] = {}
    names = dict.fromkeys(name for each in slices for name in each.document if name not in _APART)
    paths: dict[str, dict[str, Any]] = {}
    operations: dict[_Key, str] = {}
    templates: dict[str, tuple[str, str]] = {}
    for each in slices:
        for name in names:
            said.hear(name, each.page, each.document.get(name, _ABSENT))
            if name in each.document:
                merged.setdefault(name, copied(each.document[name]))
        for kind, name, value in _components(each.document):
            said.hear(f"the component {kind}/{name}", each.page, value)
            merged.setdefault("components", {}).setdefault(kind, {}).setdefault(name, copied(value))
        key = _key(each.method, each.path)
        if key in operations:
            said.disagree(each.label, operations[key], each.page)
            continue
        operations[key] = each.page
        template = templates.setdefault(key[1], (each.path, each.page))
        if template[0] != each.path:
            said.disagree(f"the path {template[0]} or {each.path}", template[1], each.page)
        shared = {name: value for name, value in each.item.items() if name != each.method}
        said.hear(f"what all of {each.path} shares", each.page, shared)
        item = paths.setdefault(each.path, copied(shared))
        item[each.method] = copied(each.item[each.method])
    merged["paths"] = paths
    return merged, said.conflicts


_ABSENT: Final = object()


@attrs.define
class _Sayings:
    """The values on the pages, and the conflicts between pages."""

    conflicts: list[Conflict] = attrs.field(factory=list[Conflict])
    _said: dict[str, tuple[str, Any]] = attrs.field(factory=dict[str, tuple[str, Any]])

    def hear(self, what: str, page: str, value: Any) -> None:
        """Compare a value with the first one."""
        first, known = self._said.setdefault(what, (page, value))
        if _is_other(known, value):
            self.disagree(what, first, page)

    def disagree(self, what: str, first: str, page: str) -> None:
        """Note a conflict; further pages join it."""
        for place, conflict in enumerate(self.conflicts):
            if conflict.what == what:
                pages = tuple(dict.fromkeys((*conflict.pages, first, page)))
                self.conflicts[place] = attrs.evolve(conflict, pages=pages)
                return
        self.conflicts.append(Conflict(what, (first, page)))


def _is_other(one: Any, another: Any) -> bool:
    """Return whether two values are different JSON: true is not 1."""
    if one is _ABSENT or another is _ABSENT:
        return one is not another
    return json.dumps(one, sort_keys=True) != json.dumps(another, sort_keys=True)


def _components(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for kind, named in document.get("components", {}).items():
        for name, value in named.items():
            yield kind, name, value


# ---- What is missing ----------------------------------------------------------------------------


def _missing(vendored: Mapping[str, Any], gathered: Gathered) -> Iterator[Missing]:
    """Yield vendored operations that no page shows, and pages that failed."""
    shown = {_key(each.method, each.path) for each in gathered.slices}
    known = {_bare(page.url or page.address): page for page in gathered.pages}
    told: set[str] = set()
    for key, (method, path) in _operations(vendored).items():
        if key in shown:
            continue
        address = _page_of(vendored["paths"][path][method])
        page = known.get(_bare(address))
        told.add(page.address if page else "")
        yield Missing(
            f"{method.upper()} {path}", page.address if page else address, _reason(address, page)
        )
    yield from _unread(gathered, told)


def _unread(gathered: Gathered, told: Container[str]) -> Iterator[Missing]:
    """Return failed pages of which no operation is known."""
    for page in gathered.pages:
        if page.state == "failed" and page.address not in told:
            yield Missing("", page.address, page.reason)


def _reason(address: str, page: Page | None) -> str:
    if page is None:
        return f"its page {address} is not there any more" if address else "no page shows it"
    if page.state == "failed":
        return f"its page cannot be read: {page.reason}"
    return "its page does not show it"


def _page_of(operation: Mapping[str, Any]) -> str:
    source = operation.get(_RECORD)
    return str(source.get("page", "")) if is_mapping(source) else ""


def _bare(url: str) -> str:
    """Return the part of an address that a page and its Markdown form have in common."""
    return url.partition("#")[0].removesuffix("/").removesuffix(".md")


def _keep(merged: dict[str, Any], vendored: Mapping[str, Any], stays: Iterable[_Key]) -> None:
    """Keep vendored operations, with the shared parts of their paths and their references."""
    kept: list[Any] = []
    ours = _operations(vendored)
    theirs = {path_key(path): path for path in merged["paths"]}
    for key in sorted(stays):
        method, path = ours[key]
        item = vendored["paths"][path]
        if key[1] not in theirs:
            shared = {name: value for name, value in item.items() if name not in METHODS}
            merged["paths"].setdefault(path, copied(shared))
            kept.append(shared)
        place = theirs.get(key[1], path)
        merged["paths"][place][method] = copied(item[method])
        kept.append(item[method])
    _keep_components(merged, vendored, kept)


def _keep_components(
    merged: dict[str, Any], vendored: Mapping[str, Any], holders: list[Any]
) -> None:
    """Keep the vendored components that kept operations refer to, and that no page shows."""
    ours = {(kind, name): value for kind, name, value in _components(vendored)}
    while holders:
        for kind, name in _named(holders.pop()):
            held = merged.setdefault("components", {}).setdefault(kind, {})
            if name not in held and (kind, name) in ours:
                held[name] = copied(ours[kind, name])
                holders.append(ours[kind, name])


def _named(holder: Any) -> Iterator[tuple[str, str]]:
    """Yield the components that a node refers to: by reference, discriminator or security."""
    for _, node in nodes(holder):
        if not is_mapping(node):
            continue
        discriminator = node.get("discriminator")
        mapping = discriminator.get("mapping") if is_mapping(discriminator) else None
        meant = [node.get("$ref"), *(mapping.values() if is_mapping(mapping) else ())]
        for reference in meant:
            parts = str(reference).split("/")
            if parts[:2] == ["#", "components"] and len(parts) > 3:
                yield parts[2], parts[3].replace("~1", "/").replace("~0", "~")
            elif reference is not None and len(parts) == 1:
                yield "schemas", parts[0]
        requirements = node.get("security")
        for each in requirements if isinstance(requirements, list) else ():
            yield from (("securitySchemes", str(name)) for name in each if is_mapping(each))


# ---- Records ------------------------------------------------------------------------------------


def _with_records(
    merged: dict[str, Any], vendored: Mapping[str, Any], pages: Mapping[_Key, str | None]
) -> dict[str, Any]:
    """Record the page of each operation; keep the record of an unchanged one."""
    before = _operations(vendored)
    for key, (method, path) in _operations(merged).items():
        operation = merged["paths"][path][method]
        old_method, old_path = before.get(key, ("", ""))
        old = vendored["paths"][old_path][old_method] if old_path else {}
        bare = _without_record(operation)
        if old and not _is_other(_without_record(old), bare):
            merged["paths"][path][method] = copied(old)
            continue
        page = _bare(pages.get(key) or _page_of(old))
        if page:
            bare[_RECORD] = {"page": page, "completeness": "full"}
        merged["paths"][path][method] = bare
    return merged


def _without_record(value: Any, *, holds_names: bool = False) -> Any:
    """Return a copy without our notes on sources."""
    if isinstance(value, list):
        return [_without_record(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_record(each, holds_names=not holds_names and key in MAPS)
        for key, each in value.items()
        if holds_names or key != _RECORD
    }


def without_records(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without our additions."""
    bare: dict[str, Any] = _without_record(dict(document))
    return bare
