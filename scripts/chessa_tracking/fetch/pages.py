"""Pages of the vendor's documentation: the links of an index, the slices of the reference.

Anything else on a page is prose, and is ignored.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs
from markdown_it import MarkdownIt

from chessa_codegen.document.loader import METHODS, is_mapping
from chessa_codegen.document.yaml import parse
from chessa_codegen.document.yaml_events import SyntaxSpecError
from chessa_codegen.errors import SpecError
from chessa_tracking.fetch.source import UnreadableError

_MARKDOWN: Final = MarkdownIt("commonmark")
_HEADING: Final = re.compile(rf"ya?ml\s+(?:\S+\s+)?({'|'.join(METHODS)})\s+(/\S*)", re.IGNORECASE)
_FENCE: Final = re.compile(r" {0,3}(````+)[ \t]*$")
_SAYS_JSON: Final = re.compile(r'"(?:openapi|swagger)"\s*:')
_SAYS_YAML: Final = re.compile(r"""^["']?(?:openapi|swagger)["']?\s*:""", re.MULTILINE)
_ANY_FENCE: Final = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


@attrs.frozen
class Slice:
    """One operation as a page shows it, with the header of the API."""

    page: str
    method: str
    path: str
    document: Mapping[str, Any]

    @property
    def label(self) -> str:
        """`POST /v1/orders/refund`"""
        return f"{self.method.upper()} {self.path}"

    @property
    def item(self) -> Mapping[str, Any]:
        """The path item: the operation, and the parts shared by all operations of the path."""
        item: Mapping[str, Any] = self.document["paths"][self.path]
        return item


def is_document(text: str) -> bool:
    """Return whether a text is a complete OpenAPI document, not a page."""
    if text.lstrip().startswith("{"):
        return _SAYS_JSON.search(text) is not None
    return _SAYS_YAML.search(text) is not None and _ANY_FENCE.search(text) is None


def document(text: str, name: str) -> dict[str, Any]:
    """Return the complete document in a text."""
    found = parse(text.encode(), name)
    if not is_mapping(found):
        raise SpecError("This is not an OpenAPI document.", name, "Give a YAML or JSON mapping.")
    return found


def links(text: str) -> Iterator[str]:
    """Return the links of an index, in its order, each once."""
    seen: set[str] = set()
    for block in _MARKDOWN.parse(text):
        for token in block.children or ():
            href = token.attrGet("href") if token.type == "link_open" else None
            if isinstance(href, str) and href not in seen:
                seen.add(href)
                yield href


def slices(text: str, page: str) -> list[Slice]:
    """Return the slices on a page; none if it is prose.

    Raises `UnreadableError` for a fence that is cut off or does not match its heading, `SpecError`
    for unsafe YAML.
    """
    if "\0" in text:  # which Markdown would replace
        raise SpecError("The character U+0000 is not allowed.", page, "Delete it.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [
        _slice(token.content, heading, page, _is_closed(lines, token))
        for token in _MARKDOWN.parse(text)
        if token.type == "fence" and len(token.markup) > 3
        for heading in [_HEADING.fullmatch(token.info.strip())]
        if heading
    ]


def _is_closed(lines: list[str], token: Any) -> bool:
    end = _FENCE.match(lines[token.map[1] - 1])
    return end is not None and len(end[1]) >= len(token.markup) and token.map[1] - token.map[0] > 1


def _slice(content: str, heading: re.Match[str], page: str, closed: bool) -> Slice:
    found = Slice(page, heading[1].lower(), heading[2], {})
    if not closed:
        raise UnreadableError(f"its block for {found.label} is cut off")
    try:
        held = parse(content.encode(), page)
    except SyntaxSpecError as error:
        raise UnreadableError(f"its block for {found.label} is no YAML: {error.what}") from None
    paths = held.get("paths") if is_mapping(held) else None
    paths = paths if is_mapping(paths) else {}
    item = paths.get(found.path)
    if not (is_mapping(item) and is_mapping(item.get(found.method))):
        raise UnreadableError(f"its block is headed {found.label}, and does not hold it")
    others = [method for method in METHODS if method in item and method != found.method]
    if len(paths) > 1 or others:
        raise UnreadableError(f"its block is headed {found.label}, and holds other operations too")
    components = held.get("components", {})
    if not (is_mapping(components) and all(map(is_mapping, components.values()))):
        raise UnreadableError("the components in its block are not mappings of names")
    return attrs.evolve(found, document=held)
