"""A worker in a process of its own: it makes one call, and may be killed at a step of it.

`multiprocessing`'s fork server has it loaded, so that a process costs a fork.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from typing import Any, Final

import pytest

import chessa
from chessa._call.gate import Gate
from chessa._transport import pools
from chessa.journal import SqlJournal, _sql_claims, _statements

from .databases import KEY, Database
from .intents import claims

STEPS: Final = {
    "before its INSERT": "not sent",
    "after its INSERT": "not sent",
    "after its COMMIT": "not sent",
    "before the send": "not sent",
    "in the send": "sent",
    "after the response": "sent",
    "before the UPDATE": "sent",
    "before the second COMMIT": "sent",
    "after the second COMMIT": "sent",
}
"""Each step that a call can be killed at, and whether its request was sent by then."""


def processes() -> Any:
    """Return the context of `multiprocessing` that forks a clean process with this loaded."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [__name__, "pytest", "chessa._call.ledger", "psycopg", "aiosqlite"]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        forkserver.ensure_running()
    return context


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(holder: Any, name: str, is_now: Callable[..., bool] = lambda *_: True) -> None:
    true = getattr(holder, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        if is_now(*arguments):
            _die()
        return true(*arguments, **named)

    setattr(holder, name, dying)


def kill_at(step: str) -> None:
    """Let this process be killed when a call arrives at a step."""
    opened = lambda claim: not claim.may_be_stored  # noqa: E731
    if step == "before its INSERT":
        _before(_statements, "claim")
    elif step == "after its INSERT":
        _before(_sql_claims.SqlClaim, "_committing", opened)
    elif step == "after its COMMIT":
        _before(Gate, "opened")
    elif step == "before the send":
        _before(pools.Connections, "send")
        _before(pools.AsyncConnections, "send")
    elif step == "after the response":
        _before(Gate, "close")
    elif step == "before the UPDATE":
        _before(_statements, "settle")
    elif step == "before the second COMMIT":
        _before(_sql_claims.SqlClaim, "_committing", lambda claim: claim.may_be_stored)
    elif step == "after the second COMMIT":
        _before(Gate, "closed")


def call(
    mode: str,
    database: Database,
    settings: dict[str, Any],
    reference: str,
    arguments: dict[str, Any],
    step: str | None = None,
) -> None:
    """Refund an order once; be killed at a step."""
    with contextlib.suppress(chessa.ChessaError):
        journal = SqlJournal(database.url, account="a", fingerprint_key=KEY)
        if step is not None:
            kill_at(step)
        if mode == "sync":
            with journal, chessa.Chessa(**settings, journal=journal) as client:
                client.once(reference).orders.request_refund(**arguments)
        else:
            asyncio.run(_call_async(journal, settings, reference, arguments))


async def _call_async(
    journal: SqlJournal, settings: dict[str, Any], reference: str, arguments: dict[str, Any]
) -> None:
    async with journal, chessa.AsyncChessa(**settings, journal=journal) as client:
        await client.once(reference).orders.request_refund(**arguments)


def claim_all(
    database: Database,
    settings: dict[str, Any],
    references: list[tuple[str, dict[str, Any]]],
    barrier: Any,
    counts: Any,
) -> None:
    """Make every call once, beginning with the others; count what came of each."""
    with (
        SqlJournal(database.url, account="a", fingerprint_key=KEY) as journal,
        chessa.Chessa(**settings, journal=journal) as client,
    ):
        barrier.wait()
        for reference, arguments in references:
            try:
                client.once(reference).orders.create(**arguments)
                counts.put("result")
            except chessa.ChessaError as error:
                counts.put(type(error).__name__)


def claim_only(database: Database, references: list[str], barrier: Any, counts: Any) -> None:
    """Claim and settle references without a call; count those that could be sent, and time it."""
    with SqlJournal(database.url, account="a", fingerprint_key=KEY) as journal:
        barrier.wait()
        began = time.monotonic()
        counts.put((sum(claims(journal, references)), time.monotonic() - began))


def make_key(url: str, barrier: Any, counts: Any) -> None:
    """Open a journal with the key of its file; tell what it makes of the same arguments."""
    barrier.wait()
    with SqlJournal(url, account="a") as journal:
        counts.put(journal.keys.make(b"arguments"))
        journal.open()


@contextlib.contextmanager
def started(target: Callable[..., None], several: list[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """Run a function in a process for each tuple of arguments; join them at the end."""
    context = processes()
    made = [context.Process(target=target, args=arguments, daemon=True) for arguments in several]
    try:
        for each in made:
            each.start()
        yield made
        for each in made:
            each.join(120)
    finally:
        for each in made:
            each.kill()
            each.join()
            each.close()
