"""A sandbox, and a caller for it in each mode: every test that asks for `call` runs in all four."""

from collections.abc import Iterator

import pytest

from chessa.testing import Sandbox, sandbox
from tests.sandbox.callers import MODES, Caller, caller_in


@pytest.fixture
def api() -> Iterator[Sandbox]:
    """A fresh sandbox."""
    with sandbox() as made:
        yield made


@pytest.fixture(params=MODES)
def call(request: pytest.FixtureRequest, api: Sandbox) -> Iterator[Caller]:
    """Performs calls: sync and async, in the process and over HTTP."""
    with caller_in(request.param, api) as caller:
        yield caller
