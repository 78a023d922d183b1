"""Profiles of hypothesis: `--hypothesis-profile` chooses another than the ordinary one.

The collector leaves out what was there before a module of tests: the tests collect often.
"""

import gc

import pytest
from hypothesis import settings

for name, examples in {"ordinary": 20, "ci": 200, "nightly": 1_000}.items():
    settings.register_profile(name, max_examples=examples, deadline=None)
settings.load_profile("ordinary")
gc.disable()  # while pytest collects, nearly all that is made stays


@pytest.fixture(scope="module", autouse=True)
def frozen() -> None:
    """Collect now, and freeze what is left."""
    gc.collect()
    gc.freeze()
    gc.enable()
