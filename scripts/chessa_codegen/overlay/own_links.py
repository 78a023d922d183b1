"""Tell the Links of the overlay from the vendor's: a slip in one of its own is an error."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document.loader import dumps_json
from chessa_codegen.document.refs import Where, place
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError

OWN: Final = "x-by-overlay"
"""The extension of a Link in the effective document that the overlay added or changed."""
EVIDENCE: Final = "x-evidence"
_BY_VENDOR: Final = "x-link-by-vendor"
_TARGETS: Final = frozenset({"operationId", "operationRef"})
_KEYS: Final = _TARGETS | {"description", "parameters", EVIDENCE, OWN}


def mark_links(vendor: dict[str, Any]) -> None:
    """Note what each Link says before the overlay is applied."""
    for _, link in _written_out(vendor):
        link.pop(OWN, None)
        link[_BY_VENDOR] = dumps_json(link)


def derive_own(corrected: dict[str, Any]) -> None:
    """Mark each Link that no longer says what the vendor's said."""
    for _, link in _written_out(corrected):
        if link.pop(_BY_VENDOR, None) != dumps_json(link):
            link[OWN] = True


def check_own_links(document: Mapping[str, Any]) -> None:
    """Refuse a Link of the overlay that does not have the form of one."""
    for where, link in _written_out(document):
        if not link.get(OWN):
            continue
        parameters = link.get("parameters", {})
        texts = [link[key] for key in (*_TARGETS, EVIDENCE) if key in link]
        texts += parameters.values() if isinstance(parameters, dict) else [None]
        if link.keys() - _KEYS or len(_TARGETS & link.keys()) != 1 or not _all_text(texts):
            raise SpecError(
                "A Link of the overlay is malformed.",
                place(where),
                "Give it an operationId or operationRef, and as needed parameters (texts by name), "
                f"{EVIDENCE} and description.",
            )


def _all_text(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _written_out(document: Mapping[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    return ((where, link) for where, link in links_of(document) if "$ref" not in link)


def links_of(document: Mapping[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Yield each Link of a response and each reference to one, callbacks aside."""
    for where, node in nodes(document):
        match where:
            case (
                ("paths", _, _, "responses", _, "links", _)
                | ("components", "pathItems", _, _, "responses", _, "links", _)
                | ("components", "responses", _, "links", _)
                | ("components", "links", _)
            ) if isinstance(node, dict):
                yield where, node
            case _:
                pass
