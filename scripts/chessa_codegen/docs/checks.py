"""The page of the reference that says, for each write, what to check after an unknown outcome."""

from collections.abc import Iterator, Mapping
from typing import Final

from chessa_codegen.docs import markdown
from chessa_codegen.ir.plan import OperationPlan, Plan

CHECKS: Final = "what-to-check.md"

_INTRODUCTION: Final = """\
After an [unknown outcome](../did-it-happen.md) a write may have been carried out. For some writes
another operation shows it: the OpenAPI document says which, by a Link."""


def page(plan: Plan, places: Mapping[str, str]) -> Iterator[str]:
    """Write the table; `places` has the section of each operation."""
    rows = [
        _row(operation, f"[`{operation.name}`]({places[operation.name]})")
        for resource in plan.resources
        for operation in resource.operations
        if not operation.is_read
    ]
    heads = ("after", "read", "if it is there", "if it is not there")
    yield from ("# What to check", "", *_INTRODUCTION.splitlines(), "")
    yield from markdown.table(heads, rows) if rows else ["The API has no writes."]


def _row(operation: OperationPlan, name: str) -> tuple[str, ...]:
    shown_by = dict.fromkeys(link.shown_by for link in operation.links if link.shown_by)
    absent = "no proof: it may appear later" if shown_by else "there is no way to check"
    if operation.duplicate_is_harmless:
        absent = "call again: a duplicate is harmless"
    there = "it was carried out" if shown_by else ""
    return name, "; ".join(f"`{each}`" for each in shown_by), there, absent
