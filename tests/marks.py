"""Marks that keep the ordinary run short."""

from collections.abc import Iterable
from typing import Any, Final

import pytest

CI: Final = pytest.mark.ci


def every(step: int, cases: Iterable[Any], others: pytest.MarkDecorator = CI) -> list[Any]:
    """Leave one case in so many without a mark; mark the others."""
    return [
        pytest.param(case, marks=others) if number % step else case
        for number, case in enumerate(cases)
    ]
