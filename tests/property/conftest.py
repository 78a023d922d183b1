"""Both clients, for every property that goes through a call; and the same draws everywhere."""

import functools
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants, constants_from_module

import chessa
import chessa_api
from tests.property.calls import BothClients


@functools.cache
def _constants() -> Constants:
    """The numbers and texts that stand in both packages, imported by now or not."""
    found = providers._local_constants  # empty, and of sets that keep an order
    for package in (chessa, chessa_api):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            module = ModuleType(path.stem)
            module.__file__ = str(path)
            found |= constants_from_module(module)
    return found


# hypothesis likes to draw what stands in the modules that are loaded at that moment: other values
# after other tests. It has no setting for that, and a seed alone would not fix the draws.
assert callable(providers._get_local_constants)
providers._get_local_constants = _constants


@pytest.hookimpl(tryfirst=True)  # before pytest selects by the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thousands of values through code that other tests cover: run without tracing."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker("untraced")


@pytest.fixture(scope="session")
def both() -> Iterator[BothClients]:
    """One pair of clients for all: what a call leaves behind would show in the next."""
    with BothClients() as clients:
        yield clients


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of calls fail here on purpose: their lines would bury the one that matters."""
    caplog.set_level(logging.CRITICAL, logger="chessa")
