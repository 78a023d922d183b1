"""A sandbox, and a caller for it in each mode: every test that asks for `call` runs in all four.

`spec.json` is the effective spec that the behaviours of the sandbox were written for. Operations
that the vendor adds later get examples as responses, and break no test.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from chessa.testing import Sandbox, sandbox
from chessa_api.exact_json import loads
from tests.sandbox.callers import MODES, Caller, caller_in

WRITTEN_FOR = Path(__file__).with_name("spec.json").read_bytes()


@pytest.fixture
def spec() -> dict[str, Any]:
    """A copy of the spec that the behaviours were written for, to be changed."""
    return cast("dict[str, Any]", loads(WRITTEN_FOR))


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
