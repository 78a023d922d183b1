"""Advice on the overlay: the corrections that the vendor has made obsolete.

An action is obsolete when it matches nothing, changes nothing, adds a value that is there now, or
does not fit the value that is there.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import is_mapping
from chessa_codegen.document.refs import path_key
from chessa_codegen.overlay import apply
from chessa_codegen.overlay.apply import Action, Effect, Overlay, OverlayError


@attrs.frozen
class Advice:
    """An action of the overlay that needs a review."""

    action: Action
    why: str

    @property
    def name(self) -> str:
        """`actions[3]`"""
        return f"actions[{self.action.index}]"

    @property
    def text(self) -> str:
        """The effect that it lost, the action and its purpose."""
        purpose, target = (
            " ".join(words.split()) for words in (self.action.description, self.action.target)
        )
        return (
            f"{self.name} of the overlay {self.why}. Drop it if that is all it did, else correct "
            f"it. Its target: {target}. What it was for: {purpose}"
        )


@attrs.frozen
class Corrected:
    """Return a document with every action applied that fits."""

    document: dict[str, Any]
    effects: tuple[Effect, ...]
    refused: tuple[Advice, ...]


def corrected(document: dict[str, Any], corrections: Overlay) -> Corrected:
    """Apply the actions; leave out those that do not fit, with advice."""
    try:
        whole = apply.apply(document, corrections, writes_out=True)
    except OverlayError:
        return _one_by_one(document, corrections)
    return Corrected(whole.document, whole.effects, ())


def fits(document: dict[str, Any], corrections: Overlay) -> bool:
    """Tell whether the overlay is for the API of a document: half of its actions match there."""
    lost = sum(_lacks_paths(document, action.target) for action in corrections.actions)
    if 2 * lost > len(corrections.actions):
        return False  # known without queries, which take minutes over a large document
    found = corrected(document, corrections).effects
    return 2 * sum(bool(each.matched) for each in found) >= len(corrections.actions)


_PATHS: Final = re.compile(r"\$\.paths\[((?:'[^'\\]*'(?:, *)?)+)\]")


def _lacks_paths(document: dict[str, Any], target: str) -> bool:
    """Tell whether a target names paths, and the document has none of them."""
    named = _PATHS.match(target)
    paths = document.get("paths")
    there = {path_key(path) for path in paths} if is_mapping(paths) else set[str]()
    return named is not None and there.isdisjoint(map(path_key, re.findall("'(.*?)'", named[1])))


def _one_by_one(document: dict[str, Any], corrections: Overlay) -> Corrected:
    """Return each on a copy of its own, for one that does not fit may be half done."""
    effects: list[Effect] = []
    refused: list[Advice] = []
    ordered = sorted(corrections.actions, key=lambda each: not apply.is_on_components(each))
    for action in ordered:
        alone = attrs.evolve(corrections, actions=(action,))
        writes_out = not apply.is_on_components(action)
        try:
            outcome = apply.apply(document, alone, writes_out=writes_out)
        except OverlayError as error:
            refused.append(Advice(action, f"does not fit what is there: {error.what}"))
            continue
        document = outcome.document
        effects += outcome.effects
    return Corrected(document, tuple(effects), tuple(refused))


def advise(before: Corrected, after: Corrected) -> list[Advice]:
    """Return advice on the actions after a change from one document to the other."""
    known = {effect.action.index: effect for effect in before.effects}
    found = list(after.refused)
    for effect in after.effects:
        why = next(_complaints(known.get(effect.action.index), effect), None)
        if why is not None:
            found.append(Advice(effect.action, why))
    return sorted(found, key=lambda each: each.action.index)


def _complaints(before: Effect | None, after: Effect) -> Iterator[str]:
    if after.is_obsolete:
        return
    if not after.matched:
        yield "matches nothing"
    elif not after.changed and not after.is_name:
        yield "changes nothing: what it says is there now"
    only_added = (before.added.keys() - before.met.keys()) if before else frozenset[str]()
    for part, place in after.met.items():
        holder, _, key = part.rpartition("/")
        stands = key in _OURS_STAND or holder.endswith("/required")  # ours says what is essential
        if not stands and not only_added.isdisjoint(_and_its_holders(part)):
            yield f"adds what is there now, and says something else, at {place}"


_OURS_STAND: Final = apply.NAMES | {"description"}
"""Keys of ours that stay whatever the vendor says there: names and prose change no value."""


def _and_its_holders(part: str) -> Iterator[str]:
    """`/a/b`, `/a`"""
    while part:
        yield part
        part = part.rpartition("/")[0]
