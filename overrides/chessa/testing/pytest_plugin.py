"""The pytest fixture `chessa_sandbox`: a fresh sandbox for each test.

pytest loads this module in every run where chessa is installed, so that it imports next to nothing.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chessa.testing import Sandbox


@pytest.fixture
def chessa_sandbox() -> "Iterator[Sandbox]":
    """A stand-in for the Chessa API: `chessa_sandbox.client()` talks to it."""
    from chessa.testing import sandbox

    with sandbox() as api:
        yield api
