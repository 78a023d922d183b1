"""Marks that keep the ordinary run short."""

import re
from collections import defaultdict
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, Final

import pytest
from hypothesis import settings

CI: Final = pytest.mark.ci


def needs(module: str) -> pytest.MarkDecorator:
    """Skip what needs a module that is not installed; importing it here would take its time."""
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


def is_short() -> bool:
    """Return whether this is the ordinary run, or one as short: neither of CI nor of a proof."""
    return settings().max_examples < settings.get_profile("ci").max_examples


def every(step: int, cases: Iterable[Any], others: pytest.MarkDecorator = CI) -> list[Any]:
    """Leave one case in so many without a mark; mark the others."""
    return [
        pytest.param(case, marks=others) if number % step else case
        for number, case in enumerate(cases)
    ]


_VARIANT: Final = re.compile(r"(?<=[\[-])(?:async|sync|sqlite|postgresql)(?=[\]-])")


def take_turns(items: Iterable[pytest.Item]) -> None:
    """Leave one mode and one database of each case without a mark, each in its turn."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if not {"ci", "nightly"} & {*item.keywords}:
            cases[_VARIANT.sub("", item.nodeid)].append(item)
    for number, variants in enumerate(cases.values()):
        for at, item in enumerate(variants):
            if at != number % len(variants):
                item.add_marker(CI)
