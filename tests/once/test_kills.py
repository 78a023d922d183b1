"""A process is killed at each step of a call, and another one makes the same call."""

import os
from collections.abc import Iterator
from typing import Any, Final

import pytest

from chessa import OutcomeUnknownError
from chessa.testing import Sandbox, sandbox, serve
from tests.modes import Mode

from .calls import ADDRESS, REFERENCE, posts, refund
from .databases import Database
from .worker import STEPS, call, started

KILLED: Final = -9
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    """A sandbox over HTTP."""
    with sandbox() as api, serve(api) as url:
        yield api, url


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_call_is_not_sent_again(
    step: str, mode: Mode, database: Database, served: tuple[Sandbox, str]
) -> None:
    """A second worker sends only what was never claimed; nothing becomes free by time."""
    api, url = served
    order = api.add_order().fail()
    before = posts(api)
    settings: dict[str, Any] = {
        "base_url": url,
        "client_id": api.client_id,
        "client_secret": api.client_secret,
        "max_retries": 0,
    }
    if step == "in the send":
        api.delay_next(30, operation="orders.request_refund")
    arguments = {"order_id": order.id, "address": ADDRESS}
    dying = (mode.name, database, settings, REFERENCE, arguments, step)
    with started(call, [dying]) as (process,):
        if step == "in the send":
            while posts(api) == before:
                process.join(0.005)
            process.kill()
        process.join(60)
        assert process.exitcode == KILLED
    assert posts(api) - before == (STEPS[step] == "sent")

    first = refund(mode, api, database, order.id)
    database.lapse()
    second = refund(mode, api, database, order.id)
    was_claimed = step not in ("before its INSERT", "after its INSERT")
    was_sent = STEPS[step] == "sent"
    assert posts(api) - before == (was_sent or not was_claimed)
    if step == "after the second COMMIT" or not was_claimed:
        assert first == second
        assert database.states() == ["result"]
    else:
        assert type(first).__name__ == "InProgressError"
        assert type(second) is OutcomeUnknownError
        assert database.states() == ["claimed"]
