"""Report an update: one text for the terminal and the pull request, one object for programs.

It has first the decisions that are needed, then the changes for Python callers, then those of the
spec. All text of the vendor is data, and is escaped where it is shown.
"""

import itertools
from collections.abc import Iterator
from typing import Any, Final

from chessa_codegen.characters import visible
from chessa_codegen.errors import SpecError
from chessa_tracking.apply.release import MIGRATION
from chessa_tracking.apply.update import Update
from chessa_tracking.report import answers, diff, waiting

_MOST: Final = 10
"""So many questions are on the page of a pull request."""
_MOST_LINES: Final = 195
_LONGEST: Final = 60_000  # of 65,536 that the host of the pull request takes


def as_object(update: Update) -> dict[str, Any]:
    """Return the report for programs."""
    judgement = update.judgement
    return {
        "verdict": judgement.verdict.word,
        "pages": [
            {
                "page": page.address,
                "state": page.state,
                "operations": list(page.operations),
                "sha256": page.sha256,
                "reason": page.reason,
            }
            for page in update.pages
        ],
        "missing": [
            {
                "operation": missing.operation,
                "page": missing.page,
                "reason": missing.reason,
                "text": missing.text,
            }
            for missing in update.merged.missing
        ],
        "conflicts": [
            {"what": conflict.what, "pages": list(conflict.pages), "text": conflict.text}
            for conflict in update.merged.conflicts
        ],
        **diff.as_object(judgement.changes, judgement.surface),
        **waiting.as_object(judgement),
        "overlay": [
            {
                "action": advice.action.index,
                "target": advice.action.target,
                "why": advice.why,
                "text": advice.text,
            }
            for advice in judgement.advice
        ],
        "questions": [
            {"text": question.text, "answer": question.answer} for question in update.questions
        ],
        "answers": "\n".join(answers.lines(update)),
        "migration": update.migration,
        "version": {"from": update.version, "to": update.next_version},
    }


def refusal(error: SpecError) -> dict[str, Any]:
    """Return the same object for a source that was refused: it has no verdict."""
    return {
        "pages": [],
        "missing": [],
        "conflicts": [],
        "overlay": [],
        "questions": [],
        "waiting": [],
        "delivered": [],
        "answers": "",
        "migration": "",
        "version": {"from": None, "to": None},
        **diff.refusal(error),
    }


def refusal_as_markdown(error: SpecError) -> str:
    """Return a refusal for an issue."""
    lines = [
        f"- {name}: {diff.in_markdown(text)}"
        for name, text in (
            ("what", " ".join((error.what, *error.details))),
            ("where", error.where),
            ("fix", error.fix),
        )
    ]
    return "\n".join(["## Refused", "", *lines, "", "Nothing was changed.", ""])


def as_text(update: Update) -> str:
    """Return the report for the terminal."""
    return "\n".join(_text_lines(update)) + "\n"


def _text_lines(update: Update) -> Iterator[str]:
    yield _summary(update)
    if questions := update.questions:
        yield ""
        yield f"Needs a decision ({len(questions)})"
        for answer, grouped in itertools.groupby(questions, lambda each: each.answer):
            for question in grouped:
                yield from diff.wrapped(f"? {question.text}", "  ", "    ")
            yield from diff.wrapped(f"→ {answer}", "  ", "    ")
    if pasted := answers.lines(update):
        yield from ("", answers.HEADING, "", *pasted)
    for kept in update.merged.kept:
        yield from diff.wrapped(f"kept: {kept.text}", "  ", " " * 8)
    judgement = update.judgement
    yield from waiting.as_lines(judgement)
    yield ""
    yield diff.as_text(judgement.changes, judgement.surface).rstrip("\n")
    if update.next_version != update.version:
        yield f"version: {update.version} → {update.next_version}"
    if page := update.migration:
        yield from ("", f"{MIGRATION}/{update.next_version}.md:", "")
        yield from (f"  {visible(line)}".rstrip() for line in page.splitlines())


def _summary(update: Update) -> str:
    states = [page.state for page in update.pages]
    if "document" in states:
        read = "one complete document"
    else:
        shown = sum(len(page.operations) for page in update.pages)
        failed = states.count("failed")
        read = f"{_counted(len(states), 'page')}, {_counted(shown, 'operation')}"
        read += f", {failed} that could not be read" if failed else ""
    return f"{visible(update.source)}: {read}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_markdown(update: Update) -> str:
    """Return the report for a pull request: less than 200 lines."""
    judgement = update.judgement
    lines = [f"Read from {diff.in_markdown(_summary(update))}.", ""]
    if update.next_version != update.version:
        lines += [f"Version: {update.version} → **{update.next_version}**", ""]
    if update.migration:
        lines += [f"Code before and after: `{MIGRATION}/{update.next_version}.md`", ""]
    if questions := update.questions:
        lines += ["## Needs a decision", ""]
        for answer, grouped in itertools.groupby(questions[:_MOST], lambda each: each.answer):
            lines += [f"- {diff.in_markdown(question.text)}" for question in grouped]
            lines += ["", f"  → {diff.in_markdown(answer)}", ""]
        lines += _more(len(questions))
    if pasted := answers.lines(update)[: 3 * _MOST]:
        lines += [answers.HEADING, "", "```yaml", *pasted, "```", ""]
    kept = update.merged.kept
    lines += [f"- {diff.in_markdown(each.text)}" for each in kept[:_MOST]] + _more(len(kept))
    lines += waiting.as_markdown(judgement)
    lines.append(diff.as_markdown(judgement.changes, judgement.surface))
    return _bounded("\n".join(lines) + "\n")


def _more(number: int) -> list[str]:
    return [f"… and {number - _MOST} more.", ""] if number > _MOST else []


def _bounded(text: str) -> str:
    """Cut the text, at the end of a line, to what a pull request takes and a person reads."""
    lines = text.splitlines(keepends=True)
    kept = "".join(lines[:_MOST_LINES])
    kept = kept if len(kept) <= _LONGEST else kept[:_LONGEST].rpartition("\n")[0] + "\n"
    return text if kept == text else f"{kept}\n… and more: run the command to read all of it.\n"
