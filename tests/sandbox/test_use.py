"""Uses of a sandbox other than calls: creating, printing, leaving it, and its clock."""

import asyncio
import datetime
import math
import subprocess
import sys

import pytest

import chessa
import chessa.testing
from chessa.testing import Clock, Sandbox, sandbox
from tests.samples import BANK_ACCOUNT, MOBILE_MONEY, order_for
from tests.sandbox.callers import Caller


def test_the_public_names_are_listed() -> None:
    """`dir` shows the public names, loaded or not, and nothing else."""
    assert dir(chessa.testing) == sorted(chessa.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        vars(chessa.testing)["__getattr__"]("Nothing")


def test_leaving_on_asyncio_closes_the_clients() -> None:
    """`async with` closes the clients that it made: their next call is not sent."""

    async def use() -> None:
        async with sandbox() as api:
            client = api.async_client()
            assert (await client.users.me()).email
        with pytest.raises(chessa.NotSentError, match="the client is closed"):
            await client.users.me()
        assert len(api.requests) == 1

    asyncio.run(use())


def test_leaving_closes_the_clients() -> None:
    """`with` closes the clients that it made as well."""
    with sandbox() as api:
        client = api.client()
        assert client.users.me().email
    with pytest.raises(chessa.NotSentError, match="the client is closed"):
        client.users.me()


def test_a_sandbox_and_its_clock_are_printed(api: Sandbox) -> None:
    """A failing assertion shows the state of the sandbox, and its time."""
    api.add_order()
    assert repr(api) == "<Sandbox: 1 orders, 0 requests>"
    start = datetime.datetime(2025, 3, 18, 7, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    clock = Clock(start)
    clock.advance(minutes=1, seconds=0.5)
    assert repr(clock) == "Clock(2025-03-18T06:01:00.500Z)"


def test_time_is_aware_and_moves_forward() -> None:
    """A clock without a time zone is refused, and a negative step."""
    with pytest.raises(ValueError, match="aware"):
        Clock(datetime.datetime(2025, 3, 18))  # noqa: DTZ001 - what is refused
    clock = Clock()
    before = clock.now
    with pytest.raises(ValueError, match="forward"):
        clock.advance(seconds=-1)
    assert clock.now == before


@pytest.mark.parametrize("seconds", [-1, -0.001, math.inf, math.nan])
def test_an_impossible_delay_is_refused(api: Sandbox, seconds: float) -> None:
    """It raises at once, and delays nothing."""
    with pytest.raises(ValueError, match="zero or more"):
        api.delay_next(seconds)
    with api.client() as client:
        assert client.users.me().email


def test_unknown_institutions_and_assets_are_refused(api: Sandbox) -> None:
    """A recipient of an unknown institution, an order in an unknown asset: nothing is added."""
    with pytest.raises(ValueError, match="no institution 'nowhere'"):
        api.add_recipient(code="nowhere")
    assert not api.recipients
    with pytest.raises(ValueError, match="no rate from 'DOGE'"):
        api.add_order(origin_asset="DOGE")
    assert not api.orders


def test_an_account_number_is_not_a_plus_alone(call: Caller) -> None:
    """Without its plus an account number must not be empty."""
    with pytest.raises(chessa.BadRequestError, match="cannot be paid without accountNumber"):
        call(lambda c: c.recipients.create(**{**MOBILE_MONEY, "account_number": "+"}))


def test_a_currency_without_limits_has_none(api: Sandbox, call: Caller) -> None:
    """A currency that the configurations do not list has no minimum."""
    place = {"account_number": "1", "code": "us", "country": "US", "currency": "USD"}
    recipient = call(lambda c: c.recipients.create(**{**BANK_ACCOUNT, **place}))
    order = call(lambda c: c.orders.create(**order_for(recipient, origin_amount=1)))
    assert (order.destination_asset, order.destination_amount) == ("USD", 1)


def test_another_missing_package_raises_its_own_error() -> None:
    """Only for a package of the extra does the error name the extra."""
    code = "import sys; sys.modules['attrs'] = None; import chessa.testing; chessa.testing.sandbox"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of attrs halted")
