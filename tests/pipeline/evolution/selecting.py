"""A plugin of pytest that keeps the property tests of a few operations.

`CHESSA_EVOLUTION_OPERATIONS` has JSON pairs such as `["orders.create", "POST /v1/orders"]`.
"""

import json
import os

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what is about one of the operations."""
    pairs = json.loads(os.environ["CHESSA_EVOLUTION_OPERATIONS"])
    kept = [item for item in items if any(_is_about(item.name, *pair) for pair in pairs)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _is_about(test: str, name: str, label: str) -> bool:
    """Match the text in brackets: `[Order of orders.create 200]`, `[POST /v1/orders 200]`."""
    words = test.partition("[")[2].removesuffix("]")
    return f"{words} ".startswith(f"{label} ") or f" {name} " in f" {words} "
