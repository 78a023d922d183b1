"""Read the cases: one small file each."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from ruamel.yaml import YAML

from chessa_codegen.overlay import apply
from chessa_codegen.overlay.apply import Overlay
from tests.pipeline.evolution.edits import Edit

PATHS: Final = sorted(Path(__file__).with_name("cases").glob("*.yaml"))


@attrs.frozen
class Slip:
    """One page that says something else than the others."""

    operation: str
    edit: tuple[Edit, ...]


@attrs.frozen(kw_only=True)
class Case:
    """A change of the vendor's, and what must come of it."""

    name: str
    title: str
    base: str = "vendored"
    edit: tuple[Edit, ...] = ()
    slip: Slip | None = None
    """It is corrected after it was asked for."""
    unseen: tuple[str, ...] = ()
    """Operations without a page, though the vendor has them."""
    rules: tuple[str, ...]
    """Each as often as it is reported."""
    verdict: str
    sees: tuple[str, ...]
    """Every sentence, in the order of the report."""
    questions: tuple[str, ...] = ()
    """Their kinds: conflict, missing, overlay, server, security."""
    accept: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    """What the descriptions of those actions contain that the maintainer drops, as advised."""
    retarget: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """New targets of actions, by what their descriptions contain."""
    outdated: tuple[str, ...] = ()
    """Operations whose examples in `docs/examples.toml` no longer fit; the calls stand for them."""
    calls: str = ""
    """Calls that show the change, on `api` and `chessa`: as a caller would write them."""


@functools.cache
def read(path: Path) -> Case:
    """Read a case."""
    held: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    lists = {key: tuple(value) for key, value in held.items() if isinstance(value, list)}
    slip = held.pop("slip", None)
    return Case(
        name=path.stem,
        slip=Slip(slip["operation"], tuple(slip["edit"])) if slip else None,
        **{**held, **lists},
    )


def corrections(document: Mapping[str, Any], case: Case) -> dict[str, Any]:
    """The overlay as the maintainer edits it for a case."""
    edited = {**document, "actions": [dict(action) for action in document["actions"]]}
    for words, target in case.retarget.items():
        edited["actions"][_place_of(apply.parse(edited), words)]["target"] = target
    for words in case.drop:
        del edited["actions"][_place_of(apply.parse(edited), words)]
    return edited


def _place_of(parsed: Overlay, words: str) -> int:
    """The one action that a text means."""
    found = [
        action.index
        for action in parsed.actions
        if words in " ".join(f"{action.target} {action.description}".split())
    ]
    if len(found) != 1:
        raise ValueError(f"{words} is in {len(found)} actions")
    return found[0]
