"""Invented operations for the tests, and one way to perform them in both modes."""

import asyncio
import traceback
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import chessa
from chessa_api import fields
from chessa_api.arguments import Argument
from chessa_api.operation import Operation

CLIENT_ID: Final = "id-5d6c2e9f"
CLIENT_SECRET: Final = "canary-0b71f3a8c4de"
CREDENTIALS: Final[dict[str, Any]] = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

READ: Final[Operation[Any]] = Operation(
    name="things.retrieve",
    method="GET",
    path="/v1/things/{thingId}",
    operation_id="getThing",
    is_read=True,
    arguments=(
        Argument("thing_id", "thingId", "path", fields.STRING, required=True),
        Argument("page", "page", "query", fields.INTEGER),
        Argument("trace", "x-trace", "header", fields.STRING),
    ),
    responses={"200": fields.mapping(fields.JSON)},
)
WRITE: Final[Operation[Any]] = Operation(
    name="things.create",
    method="POST",
    path="/v1/things",
    operation_id="createThing",
    is_read=False,
    arguments=(
        Argument("name", "name", "member", fields.STRING, required=True),
        Argument("amount", "amount", "member", fields.DECIMAL),
    ),
    body_required=True,
    responses={"201": fields.mapping(fields.JSON)},
)
TOUCH: Final[Operation[None]] = Operation(
    name="things.touch",
    method="POST",
    path="/v1/things/{thingId}/touch",
    operation_id=None,
    is_read=False,
    arguments=(Argument("thing_id", "thingId", "path", fields.STRING, required=True),),
    responses={"204": None},
)

Call: TypeAlias = tuple[Operation[Any], dict[str, object]]
A_READ: Final[Call] = (READ, {"thing_id": "t1"})
A_WRITE: Final[Call] = (WRITE, {"name": "n1"})

Driver: TypeAlias = Callable[..., list[Any]]
"""`driver(*calls, **settings)`: one client, the calls one after the other, results or errors."""


def sync_driver(*calls: Call, **settings: Any) -> list[Any]:
    """Perform calls with `Chessa`."""
    outcomes: list[Any] = []
    with chessa.Chessa(**{**CREDENTIALS, **settings}) as client:
        for operation, arguments in calls:
            try:
                outcomes.append(client._performer.perform(operation, arguments))
            except chessa.ChessaError as error:
                outcomes.append(error)
    return outcomes


def async_driver(*calls: Call, **settings: Any) -> list[Any]:
    """Perform calls with `AsyncChessa`, in an event loop of their own."""

    async def perform() -> list[Any]:
        outcomes: list[Any] = []
        async with chessa.AsyncChessa(**{**CREDENTIALS, **settings}) as client:
            for operation, arguments in calls:
                try:
                    outcomes.append(await client._performer.perform(operation, arguments))
                except chessa.ChessaError as error:
                    outcomes.append(error)
        return outcomes

    return asyncio.run(perform())


DRIVERS: Final[dict[str, Driver]] = {"sync": sync_driver, "async": async_driver}


def printed(error: BaseException) -> str:
    """Return a traceback as a careless reporter prints it, variables and all."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(line for line in report.format() if "CLIENT_SECRET" not in line)


def check_plain(error: chessa.ChessaError) -> None:
    """No error chains or holds anything of the library's."""
    assert error.__cause__ is None
    assert error.__context__ is None
    assert CLIENT_SECRET not in f"{error} {error!r} {vars(error)}"
