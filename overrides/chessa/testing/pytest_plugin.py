"""The pytest fixtures `chessa_sandbox` and `chessa_sandbox_env`: a fresh sandbox for each test.

A failed test that has it reports what happened in the sandbox. pytest loads this module in every
run where chessa is installed, so that it imports next to nothing.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from chessa.testing import Sandbox

_FIXTURES = ("chessa_sandbox", "chessa_sandbox_env")


@pytest.fixture
def chessa_sandbox() -> "Iterator[Sandbox]":
    """A stand-in for the Chessa API: `chessa_sandbox.client()` talks to it."""
    from chessa.testing import sandbox

    with sandbox() as api:
        yield api


@pytest.fixture
def chessa_sandbox_env(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Sandbox]":
    """The same over HTTP, with CHESSA_BASE_URL and the credentials in the environment.

    Code that makes its own `Chessa()` calls it, in this process and in those that it starts.
    """
    from chessa.testing import sandbox, serve

    with sandbox() as api, serve(api) as url:
        monkeypatch.setenv("CHESSA_BASE_URL", url)
        monkeypatch.setenv("CHESSA_CLIENT_ID", api.client_id)
        monkeypatch.setenv("CHESSA_CLIENT_SECRET", api.client_secret)
        yield api


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> "Generator[None, pytest.TestReport, pytest.TestReport]":
    """Add the transcript of the sandbox to the report of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        given = getattr(item, "funcargs", {})
        report.sections += [(name, given[name].transcript()) for name in _FIXTURES if name in given]
    return report
