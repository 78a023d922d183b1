"""Profiles of hypothesis: `--hypothesis-profile` chooses another than the ordinary one.

The collector leaves out what was there before a module of tests: the tests collect often.
"""

import gc

import pytest
from hypothesis import settings

from tests.marks import take_turns

for name, examples in {"ordinary": 10, "ci": 50, "proof": 200, "nightly": 1_000}.items():
    settings.register_profile(name, max_examples=examples, deadline=None)
settings.load_profile("ordinary")
gc.disable()  # while pytest collects, nearly all that is made stays


@pytest.hookimpl(tryfirst=True)  # before pytest selects by the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave one mode and one database of each case to the ordinary run."""
    # The properties are the proof of an update as well: they thin themselves.
    take_turns(item for item in items if not item.nodeid.startswith("tests/property/"))


@pytest.fixture(scope="module", autouse=True)
def frozen() -> None:
    """Collect now, and freeze what is left."""
    gc.collect()
    gc.freeze()
    gc.enable()
