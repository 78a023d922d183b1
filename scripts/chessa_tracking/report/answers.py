"""Overlay actions that settle the questions of an update, to paste at the end of the overlay."""

import json
from collections.abc import Iterator

from chessa_codegen.characters import visible
from chessa_tracking.apply.update import Update

HEADING = "To paste at the end of spec/overlay.yaml (read each, leave out what is not so):"


def lines(update: Update) -> list[str]:
    """Return the lines of the actions; none where nothing of the overlay is asked."""
    return [line for words in _actions(update) for line in _action(*words)]


def _actions(update: Update) -> Iterator[tuple[str, str, str]]:
    judgement = update.judgement
    for advice in judgement.advice:
        what = f"Not needed any more: the action {advice.why}."
        yield what, advice.action.target, "x-obsolete: true"
    for finding in update.lost:
        target = _target(*finding.operation.split(" ", 1))
        yield f"It cannot be called: {finding.what}", target, "remove: true"
    for method, path, name in judgement.unpinned:
        words = json.dumps(name)
        yield (
            "Pins the name, which is the vendor's.",
            _target(method, path),
            f"update: {{operationId: {words}}}",
        )


def _target(method: str, path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace("'", "\\'")
    return f"$.paths['{escaped}'].{method.lower()}"


def _action(description: str, target: str, deed: str) -> list[str]:
    said = (json.dumps(visible(text), ensure_ascii=False) for text in (description, target))
    return [f"  - description: {next(said)}", f"    target: {next(said)}", f"    {deed}"]
