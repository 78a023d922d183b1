"""Gathering: all descriptions of the API in a source, read once.

a document  → it alone
a page      → its slices; other pages are not read
an index    → the document that it links to, else the slices of every page in its origin
a folder    → the document, the index or the pages in it
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from chessa_codegen.document import files
from chessa_codegen.errors import SpecError
from chessa_tracking.fetch import pages
from chessa_tracking.fetch.pages import Slice
from chessa_tracking.fetch.source import LocalSource, Source, UnreadableError

MAX_PAGES: Final = 1000
_DOCUMENTS: Final = ("openapi.yaml", "openapi.yml", "openapi.json")
_INDEX: Final = "llms.txt"
_IS_HTML: Final = re.compile(r"\s*<(?:!doctype|html)\b", re.IGNORECASE)
_IS_DOCUMENT: Final = re.compile(r"\.(?:ya?ml|json)", re.IGNORECASE)
_IS_OTHER: Final = re.compile(r"\.(?!md$|mdx$|txt$|html?$)[A-Za-z][A-Za-z0-9]{0,4}$")

State = Literal["operation", "prose", "failed", "document"]
Progress = Callable[[int, int, str], None]
"""Called before each page: its number, the number of pages, its address."""


@attrs.frozen
class Page:
    """A page, and the outcome of reading it."""

    address: str
    url: str | None
    state: State
    operations: tuple[str, ...] = ()
    sha256: str = ""
    """Of its text."""
    reason: str = ""
    """The reason for its failure."""


@attrs.frozen
class Gathered:
    """The pages and slices that were read."""

    pages: tuple[Page, ...]
    document: Mapping[str, Any] | None = None
    """The complete document, where there is one."""
    slices: tuple[Slice, ...] = ()
    is_all: bool = True
    """True if this is all that the vendor documents: any other operation is missing."""


def silent(number: int, total: int, address: str) -> None:
    """Show no progress."""


def gather(source: Source, show: Progress = silent) -> Gathered:
    """Read a source. Raises `SpecError` if it is empty, or unsafe."""
    if isinstance(source, LocalSource) and not source.start:
        return _gather_folder(source, show)
    try:
        text = source.read(source.start)
        if _IS_HTML.match(text):  # the address of an HTML page: the index is next to it
            return _gather_index(source, source.resolve(source.start, f"/{_INDEX}"), show)
    except UnreadableError as error:
        raise _unreadable(source.start, str(error)) from None
    if pages.is_document(text):
        return _of_document(source, source.start, text)
    try:
        if found := pages.slices(text, source.start):
            return Gathered((_page(source, source.start, text, found),), None, tuple(found), False)
    except UnreadableError as error:
        raise _unreadable(source.start, str(error)) from None
    return _of_index(source, source.start, text, show)


def _unreadable(where: str, why: str) -> SpecError:
    return SpecError(
        f"Nothing could be read: {why}.",
        where,
        "Give an index of the documentation, a page with an OpenAPI block, or an OpenAPI document. "
        "If it is one, try again later, or save the pages and give their folder.",
    )


def _gather_folder(source: LocalSource, show: Progress) -> Gathered:
    for name in (*_DOCUMENTS, _INDEX):
        with contextlib.suppress(UnreadableError):
            text = source.read(name)
            if name == _INDEX:
                return _of_index(source, name, text, show)
            return _of_document(source, name, text)
    found = source.pages()
    if not found:
        raise _unreadable(str(source.root), f"the folder has no {_INDEX}, no document, no page")
    return _of_pages(source, found, show)


def _gather_index(source: Source, address: str | None, show: Progress) -> Gathered:
    if address is None:
        raise UnreadableError("it is an HTML page, and there is no index next to it")
    return _of_index(source, address, source.read(address), show)


def _of_document(source: Source, address: str, text: str) -> Gathered:
    held = pages.document(text, address)
    if isinstance(source, LocalSource):
        held = files.joined(held, address, source.file_at, source.document)
    page = Page(address, source.url(address), "document", sha256=_digest(text))
    return Gathered((page,), held)


def _of_index(source: Source, address: str, text: str, show: Progress) -> Gathered:
    linked = [source.resolve(address, link) for link in pages.links(text)]
    addresses = list(dict.fromkeys(each for each in linked if each and each != address))
    _check_number(source, addresses)
    documents: list[tuple[str, str]] = []
    failed: list[Page] = []
    for each in addresses:
        if _IS_DOCUMENT.search(each.rpartition("/")[2]):
            try:
                found = source.read(each)
            except UnreadableError as error:
                failed.append(Page(each, source.url(each), "failed", reason=str(error)))
            else:
                if pages.is_document(found):
                    documents.append((each, found))
    if len(documents) > 1:
        raise SpecError(
            f"The index links to {len(documents)} OpenAPI documents.",
            ", ".join(name for name, _ in documents),
            "Give the one that is this API's as SOURCE.",
        )
    if documents:
        whole = _of_document(source, *documents[0])
        return attrs.evolve(whole, pages=(*whole.pages, *failed))
    wanted = [each for each in addresses if not _IS_OTHER.search(each)]
    if not wanted:
        raise _unreadable(address, "it links to no page of its own site")
    found_pages = _of_pages(source, wanted, show)
    return attrs.evolve(found_pages, pages=(*found_pages.pages, *failed))


def _check_number(source: Source, addresses: list[str]) -> None:
    if len(addresses) > MAX_PAGES:
        raise SpecError(
            f"There are {len(addresses)} pages, and {MAX_PAGES} are read at most.",
            source.start or source.named,
            "Save the pages of the reference, and give their folder.",
        )


def _of_pages(source: Source, addresses: list[str], show: Progress) -> Gathered:
    _check_number(source, addresses)
    found = list(_read_all(source, addresses, show))
    slices = tuple(each for _, held in found for each in held)
    if not slices:
        failed = next((page for page, _ in found if page.state == "failed"), None)
        why = f"; of {failed.address}: {failed.reason}" if failed else ""
        raise _unreadable(source.start, f"no page of {len(found)} has an OpenAPI block{why}")
    return Gathered(tuple(page for page, _ in found), None, slices)


def _read_all(
    source: Source, addresses: Iterable[str], show: Progress
) -> Iterator[tuple[Page, list[Slice]]]:
    addresses = list(addresses)
    for number, address in enumerate(addresses, 1):
        show(number, len(addresses), address)
        try:
            text = source.read(address)
            found = pages.slices(text, address)
        except UnreadableError as error:
            yield Page(address, source.url(address), "failed", reason=str(error)), []
        else:
            yield _page(source, address, text, found), found


def _page(source: Source, address: str, text: str, found: list[Slice]) -> Page:
    operations = tuple(each.label for each in found)
    state: State = "operation" if found else "prose"
    return Page(address, source.url(address), state, operations, _digest(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
