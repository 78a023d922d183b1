"""One client under threads, cancellations, event loops, forks, Ctrl-C and closing, for a long time.

A peer in another process responds to each call with its own id. `tests/unit/test_pool.py` has most
of these once; here they come again and again, at random moments that a seed draws.
"""

import asyncio
import contextlib
import gc
import os
import random
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import chessa
from tests.faults.peer import Peer, peer

CREDENTIALS: Final[dict[str, Any]] = {"client_id": "id-5d6c2e9f", "client_secret": "s-0b71f3a8c4de"}
ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
SEED: Final = 20_261_125
PATIENCE: Final = 60.0
"""Seconds after which a thread or a child counts as hung, on a machine however busy."""

ci = pytest.mark.ci
nightly = pytest.mark.nightly
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
needs_pthread_kill = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="no signals to threads here"
)


@pytest.fixture
def api() -> Iterator[Peer]:
    """A peer, and as many descriptors open after the test as were before it."""
    with peer() as running:
        before = descriptors()
        yield running
        assert descriptors() == before


def descriptors() -> int:
    """Count the open files and sockets; 0 where the system does not tell."""
    gc.collect()
    files = Path("/proc/self/fd")
    return len(list(files.iterdir())) if files.exists() else 0


def read(client: chessa.Chessa, order_id: str) -> bool:
    """Return whether a read brings the order that it asked for."""
    return client.orders.retrieve(order_id).id == order_id


def write(client: chessa.Chessa, order_id: str) -> bool:
    """Return whether a write brings the refund of its own order."""
    refund = client.orders.request_refund(order_id=order_id, address=ADDRESS)
    return refund.order_id == order_id


async def read_async(client: chessa.AsyncChessa, order_id: str) -> bool:
    """`read` on asyncio."""
    return (await client.orders.retrieve(order_id)).id == order_id


async def write_async(client: chessa.AsyncChessa, order_id: str) -> bool:
    """`write` on asyncio."""
    refund = await client.orders.request_refund(order_id=order_id, address=ADDRESS)
    return refund.order_id == order_id


def in_threads(number: int, work: Callable[[int], object]) -> list[object]:
    """Do this on so many threads at once; what each brought, or what it raised."""
    done: list[object] = []

    def run(number: int) -> None:
        try:
            done.append(work(number))
        except Exception as error:  # noqa: BLE001  # the test checks it
            done.append(error)

    threads = [threading.Thread(target=run, args=(each,), daemon=True) for each in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a call hangs"
    return done


@pytest.mark.parametrize(("threads", "reads"), [(20, 20), pytest.param(50, 400, marks=nightly)])
def test_many_threads_share_one_client(api: Peer, threads: int, reads: int) -> None:
    """No error and no crossed response, and no more connections than threads."""
    with chessa.Chessa(**CREDENTIALS, base_url=api.url) as client:
        done = in_threads(
            threads, lambda number: sum(read(client, f"{number}-{turn}") for turn in range(reads))
        )
        counts = api.counts()
    assert done == [reads] * threads
    assert counts["reads"] == threads * reads, "a read was retried"
    assert counts["open"] <= threads


@pytest.mark.parametrize("seconds", [1, pytest.param(20, marks=ci)])
def test_calls_cancelled_at_random_leave_a_working_client(api: Peer, seconds: float) -> None:
    """After rounds of cancelled reads and writes every probe is right, and no task is left."""
    draw = random.Random(SEED)

    async def cancelled(client: chessa.AsyncChessa, name: str) -> None:
        calls = [read_async, read_async, read_async, write_async]
        tasks = [asyncio.create_task(calls[n % 4](client, f"{name}-{n}")) for n in range(20)]
        for task in tasks:
            await asyncio.sleep(draw.uniform(0, 0.002))
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert outcome is True or isinstance(outcome, asyncio.CancelledError)

    async def main() -> int:
        rounds = 0
        async with chessa.AsyncChessa(**CREDENTIALS, base_url=api.url) as client:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                await cancelled(client, f"round-{rounds}")
                rounds += 1
            patient = client.with_options(timeout=PATIENCE, max_retries=0)
            probes = [read_async(patient, f"probe-{number}") for number in range(100)]
            assert await asyncio.gather(*probes) == [True] * 100
            assert asyncio.all_tasks() == {asyncio.current_task()}
        return rounds

    assert asyncio.run(main()) > 1
    assert api.wait_for(open=0)["open"] == 0


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=ci)])
def test_one_client_goes_from_event_loop_to_event_loop(api: Peer, times: int) -> None:
    """`asyncio.run` again and again with one client: all calls are right, without a warning."""
    client = chessa.AsyncChessa(**CREDENTIALS, base_url=api.url)

    async def main(turn: int) -> list[bool]:
        reads = [read_async(client, f"{turn}-{number}") for number in range(5)]
        writes = [write_async(client, f"{turn}-{number}") for number in range(2)]
        return await asyncio.gather(*reads, *writes)

    with warnings.catch_warnings(record=True, action="always") as caught:
        for turn in range(times):
            assert asyncio.run(main(turn), debug=turn % 2 == 1) == [True] * 7
            assert api.wait_for(open=0)["open"] == 0, "a loop closes its connections"
        asyncio.run(client.aclose())
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def _forked(client: chessa.Chessa, name: str) -> int:
    """Fork a child that makes 20 reads; its process id."""
    with warnings.catch_warnings(action="ignore"):  # Python 3.12 warns of a fork with threads
        child = os.fork()
    if child:
        return child
    status = 2
    try:
        status = 0 if all(read(client, f"{name}-{number}") for number in range(20)) else 1
    finally:
        os._exit(status)


def _status_of(child: int) -> int | None:
    """Return the status of a child; None if it had to be killed."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@needs_fork
@pytest.mark.parametrize("times", [2, pytest.param(30, marks=nightly)])
def test_forks_cross_no_answers(api: Peer, times: int) -> None:
    """Children of a process with idle and busy connections have their own; the parent goes on."""
    stop = threading.Event()

    def work(number: int) -> bool:
        right = True
        turn = 0
        while not stop.is_set():
            right = read(client, f"parent-{number}-{turn}") and right
            turn += 1
        return right

    with chessa.Chessa(**CREDENTIALS, base_url=api.url) as client:
        idle = in_threads(4, lambda number: read(client, f"idle-{number}"))
        assert idle == [True] * 4
        busy: list[object] = []
        parent = threading.Thread(target=lambda: busy.extend(in_threads(2, work)))
        parent.start()
        try:
            for turn in range(times):
                children = [_forked(client, f"child-{turn}-{name}") for name in "ab"]
                assert read(client, f"parent-{turn}")
                assert [_status_of(child) for child in children] == [0, 0]
        finally:
            stop.set()
            parent.join(PATIENCE)
        assert busy == [True, True]
        assert read(client, "after")


@needs_pthread_kill
@pytest.mark.parametrize("times", [6, pytest.param(100, marks=ci)])
def test_ctrl_c_again_and_again_leaves_a_working_client(api: Peer, times: int) -> None:
    """Ctrl-C in a call without a response comes out as itself; no place or socket is lost."""
    main = threading.get_ident()
    client = chessa.Chessa(**CREDENTIALS, base_url=api.url, timeout=PATIENCE, max_retries=0)
    with client, _python_handles_ctrl_c():
        for turn in range(times):
            call = write if turn % 3 == 0 else read

            def interrupt(expected: int = turn + 1) -> None:
                if api.wait_for(stalled=expected)["stalled"] == expected:
                    signal.pthread_kill(main, signal.SIGINT)

            thread = threading.Thread(target=interrupt)
            thread.start()
            with pytest.raises(KeyboardInterrupt) as caught:
                call(client, f"stall-{turn}")
            thread.join()
            assert hasattr(caught.value, "__notes__") == (call is write)
            del caught
            assert read(client, f"after-{turn}")
            assert write(client, f"after-{turn}")
        counts = api.wait_for(open=1)
        assert counts["open"] == 1, "of each interrupted call the connection is closed"


@contextlib.contextmanager
def _python_handles_ctrl_c() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, also where a shell started the tests with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=ci)])
def test_closing_among_calls_hangs_none_of_them(api: Peer, times: int) -> None:
    """A call in flight when another thread closes brings a result, or an error of ours, soon."""
    draw = random.Random(SEED)
    for turn in range(times):
        client = chessa.Chessa(**CREDENTIALS, base_url=api.url, timeout=PATIENCE)
        pause = draw.uniform(0, 0.01)

        def work(number: int, client: chessa.Chessa = client, pause: float = pause) -> object:
            if number == 0:
                time.sleep(pause)
                client.close()
                return None
            call = write if number % 3 == 0 else read
            for each in range(1_000_000):
                if not call(client, f"{number}-{each}"):
                    return "crossed"
            return "not closed"

        *ended, closing = sorted(in_threads(7, work), key=lambda end: end is None)
        assert closing is None
        assert len(ended) == 6
        for error in ended:
            assert isinstance(error, chessa.ChessaError), turn
            assert "closed" in str(error)
    assert api.wait_for(open=0)["open"] == 0


@pytest.mark.parametrize("times", [1, pytest.param(3, marks=ci)])
def test_closing_does_not_prolong_a_call_that_nobody_answers(api: Peer, times: int) -> None:
    """A stalled call ends with its own deadline, closed or not: unknown, and never a hang."""
    for turn in range(times):
        client = chessa.Chessa(**CREDENTIALS, base_url=api.url, timeout=1.5, max_retries=0)

        def work(number: int, client: chessa.Chessa = client, turn: int = turn) -> object:
            if number == 0:
                api.wait_for(stalled=2 * turn + 2)
                client.close()
                return None
            return (write if number == 1 else read)(client, f"stall-{turn}-{number}")

        errors = [end for end in in_threads(3, work) if isinstance(end, chessa.ChessaError)]
        assert [error.outcome for error in errors] == [chessa.Outcome.UNKNOWN] * 2
        assert all(error.timed_out for error in errors)
    assert api.wait_for(open=0)["open"] == 0
