"""Components named like a title that the overlay gives to other schemas: they stay components.

Written out, such a one would have that title and join its class, which callers know. The overlay
means a component if one of its actions gives a title to a schema that was written out of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document.loader import copied, is_mapping
from chessa_codegen.document.visitor import nodes
from chessa_codegen.overlay.model import Action
from chessa_codegen.overlay.written_out import titles_of, write_out

_MARK: Final = "\0"


def newcomers(
    document: Mapping[str, Any],
    actions: Iterable[Action],
    carry_out: Callable[[dict[str, Any], list[Action]], None],
) -> set[str]:
    """Return the components that are not what the overlay means by their titles."""
    naming = [action for action in actions if any(_titles(action.update))]
    given = {title for action in naming for title in _titles(action.update)}
    titles = {key: title for key, title in titles_of(document).items() if title in given}
    if not titles:
        return set()
    tried: dict[str, Any] = copied(dict(document))
    write_out(tried, titles={key: f"{_MARK}{key}" for key in titles})
    before = Counter(_titles(tried))
    carry_out(tried, naming)
    after = Counter(_titles(tried))
    marks = {key: f"{_MARK}{key}" for key in titles}
    return {key for key, mark in marks.items() if 0 < before[mark] == after[mark]}


def _titles(value: Any) -> Iterator[str]:
    for _, node in nodes(value):
        if is_mapping(node) and isinstance(node.get("title"), str):
            yield node["title"]
