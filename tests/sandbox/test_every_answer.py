"""Every response is as the spec documents: of all operations, and over a long random walk.

The models of the generated client and a separate validator check it, not the sandbox's own.
"""

import contextlib
import json
import random
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import openapi_schema_validator
import pytest

import chessa
from chessa.testing import LifeCycleError, Sandbox, SandboxError, sandbox
from chessa.testing._domain import handlers as operations
from chessa_api.exact_json import dumps
from tests.credentials import ID_HEADER, SECRET_HEADER
from tests.samples import BANK_ACCOUNT, order_for
from tests.sandbox.callers import MODES, caller_in, refused

WALKS = [
    (0, 100),
    pytest.param(0, 600, marks=pytest.mark.ci),
    *(pytest.param(seed, 600, marks=pytest.mark.nightly) for seed in (1, 2)),
]
"""Seeds and steps; more steps where an operation has not succeeded by then."""


def operations_of(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and node of every operation."""
    for path, item in spec["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield method.upper(), path, item[method]


def documented(spec: Mapping[str, Any], node: Mapping[str, Any], status: int) -> Mapping[str, Any]:
    """Return the schema that the spec has for a response."""
    answers = node["responses"]
    answer = answers.get(str(status)) or answers[f"{status // 100}XX"]
    if "$ref" in answer:
        answer = spec["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content", {"application/json": {"schema": {}}})  # an error may lack it
    schema: Mapping[str, Any] = content["application/json"]["schema"]
    return schema


class Walker:
    """Sends requests to a sandbox, chosen by a seed."""

    def __init__(self, api: Sandbox, seed: int) -> None:
        self.api = api
        self.random = random.Random(seed)

    def value_for(self, name: str, kind: str) -> Any:
        """Return a value that may be valid for a member or a parameter of this name."""
        choose = self.random.choice
        known: dict[str, list[Any]] = {
            "orderId": [*list(self.api.orders)[-3:], "unknown"],
            "recipientId": [*list(self.api.recipients)[-4:], "unknown"],
            "userId": [self.api.user_id, "unknown"],
            "originAsset": ["USDC", "USDT", "USDC", "BTC", "DOGE"],
            "destinationAsset": ["NGN", "NGN", "NGN", "GHS"],
            "originAmount": [10, Decimal("0.5"), Decimal("12.345678901234567890"), -1, 0],
            "destinationAmount": [1000, Decimal("999.99")],
            "address": ["bc1qexample", "bc1qexample", " "],
            "chain": ["Solana", "Tron", "BEP20"],
            "code": ["gh_mtn", "058", "zw_ecocash"],
            "country": ["NG", "GH"],
            "currency": ["NGN", "GHS"],
            "type": ["bank_account", "mobile_money"],
            "accountNumber": ["0123456789", "+233544444444", "0000000000"],
            "from": ["BTC", "USDC", "NGN"],
            "to": ["USDC", "NGN"],
            "metadata": [{}, {"orderId": "N3LBXEUI"}],
        }
        if self.random.random() < 0.03:
            return choose([None, 1, "x", [], {}, True, Decimal("1E+2")])
        return choose(known.get(name, ["text", "", "é\u2028"] if kind == "string" else [1]))

    def request(self, method: str, path: str, node: Mapping[str, Any]) -> tuple[str, str, bytes]:
        """Return a request that is valid more often than not."""
        names = [part.partition("}")[0] for part in path.split("{")[1:]]
        for name in names:
            path = path.replace(
                f"{{{name}}}", str(self.value_for(name, "string")).replace("/", "_")
            )
        body = b""
        if "requestBody" in node:
            schema = node["requestBody"]["content"]["application/json"]["schema"]
            members = {
                name: self.value_for(name, each.get("type", "string"))
                for name, each in schema["properties"].items()
                if name in schema.get("required", ()) or self.random.random() < 0.7
            }
            for group in schema.get("x-mutually-exclusive", ()):
                if self.random.random() < 0.9:
                    members.pop(self.random.choice(group), None)
            body = dumps(members)
        return method, path.replace(" ", "%20"), body

    def command(self) -> None:
        """Move the clock and an order, and put in more: most recipients get deactivated."""
        self.api.clock.advance(seconds=self.random.choice([0, 0, 0.7, 8, 90]))
        if self.random.random() < 0.1:
            self.api.add_recipient()
            self.api.add_order()
        if self.api.orders and self.random.random() < 0.1:
            order = self.random.choice(list(self.api.orders.values())[-3:])
            name = self.random.choice(["fund", "advance", "advance", "complete", "fail", "fail"])
            with contextlib.suppress(LifeCycleError):  # the order may be past that
                getattr(order, name)()


@pytest.mark.parametrize(("seed", "steps"), WALKS)
@pytest.mark.parametrize("is_current", [False, True], ids=["written for", "current"])
def test_a_random_walk_stays_within_the_spec(
    seed: int, steps: int, spec: Mapping[str, Any], *, is_current: bool
) -> None:
    """Every response is documented and valid; known operations invent nothing."""
    with Sandbox(spec=None if is_current else spec) as api:
        answered = walk(api, Walker(api, seed), steps)
    assert {200, 400, 404} <= answered
    if not is_current:
        assert not [request for request in api.requests if request.invented]
    spent = {kind: sum(m.kind == kind for m in api.movements) for kind in ("deposit", "payout")}
    assert spent["deposit"] >= spent["payout"] + len(api.refunds)
    assert len({refund.order_id for refund in api.refunds}) == len(api.refunds)


def walk(api: Sandbox, walker: Walker, steps: int) -> set[int]:
    """Send requests until every operation with a behaviour succeeded; return the statuses."""
    every = [
        (method, path, node)
        for method, path, node in operations_of(api.spec)
        if f"{method} {re.sub('{.*?}', '{}', path)}" in operations.BEHAVIOURS
    ]
    validator = openapi_schema_validator.OAS30ReadValidator(api.spec)
    headers = [(ID_HEADER, api.client_id), (SECRET_HEADER, api.client_secret)]
    waiting = {node["operationId"] for _, _, node in every}
    answered: set[int] = set()
    for step in range(max(10 * steps, 6_000)):
        if step >= steps and not waiting:
            break
        walker.command()
        method, path, node = walker.random.choice(every)
        method, target, body = walker.request(method, path, node)
        typed = [*headers, ("content-type", "application/json")]
        answer = api.backend.answer(method, target, typed if body else headers, body)
        assert answer.status in (200, 201, 400, 404), (target, answer)
        schema = documented(api.spec, node, answer.status)
        errors = list(validator.evolve(schema=schema).iter_errors(json.loads(answer.body)))
        assert not errors, (target, errors)
        answered.add(answer.status)
        if answer.status < 300:
            waiting.discard(node["operationId"])
    assert not waiting
    return answered


def misfits(value: Any) -> list[Any]:
    """Return the values in a model, at any depth, that do not have the documented type."""
    if isinstance(value, list):
        return [found for item in value for found in misfits(item)]
    if not hasattr(value, "misfits"):
        return []
    inner = [getattr(value, name) for name in type(value).__slots__ if name in value]
    return [*value.misfits, *value.additional_properties, *misfits(inner)]


def test_the_client_reads_every_response_without_misfits(api: Sandbox) -> None:
    """Each operation with a behaviour gives a model without a misfit or an undocumented member."""
    client = api.client()
    order = api.add_order().fail()
    recipient = order.recipient
    fresh = api.add_order()
    results = [
        client.configurations.retrieve(),
        client.recipients.create(**BANK_ACCOUNT),
        client.recipients.list(),
        client.recipients.list_for_user(api.user_id),
        client.recipients.retrieve(recipient.id),
        client.recipients.validate(account_number="0123456789", code="058"),
        client.orders.create(**order_for(recipient, origin_amount=1)),
        client.orders.list(),
        client.orders.prepare_funding(order_id=fresh.id, chain="Solana"),
        client.orders.request_refund(order_id=order.id, address="bc1q"),
        client.orders.retrieve(order.id),
        client.orders.retrieve(fresh.id),
        client.orders.status_history(order.id),
        client.rates.retrieve("BTC", "USDC"),
        client.users.me(),
        client.users.submit_feedback(comment="late"),
        client.recipients.deactivate(recipient.id),
    ]
    assert [found for result in results for found in misfits(result)] == []
    known = {o.name for o in api.backend.spec.operations if o.key in operations.BEHAVIOURS}
    assert {request.operation for request in api.requests} == known


def test_the_table_of_behaviours_is_that_of_its_spec(spec: Mapping[str, Any]) -> None:
    """Every operation of the spec that they were written for has a behaviour, and only those."""
    keys = {operation.key for operation in Sandbox(spec=spec).backend.spec.operations}
    assert set(operations.BEHAVIOURS) == keys


@pytest.mark.parametrize("mode", MODES)
def test_a_bug_of_the_sandbox_is_loud(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox raises it at its end; over HTTP the response is a 500 that names it."""

    def broken(state: object, call: object) -> dict[str, Any]:
        raise KeyError("oops")

    behaviour = operations.Behaviour(broken)
    monkeypatch.setitem(operations.BEHAVIOURS, "GET /v1/users/me", behaviour)
    with (  # noqa: PT012 - it is raised at the exit
        pytest.raises(SandboxError, match=r"failed at users\.me: KeyError"),
        sandbox() as api,
        caller_in(mode, api) as call,
    ):
        error = refused(call, chessa.ChessaError, lambda c: c.users.me())
        over_http = isinstance(error, chessa.ServerError) and error.code == "sandbox_error"
        assert over_http or isinstance(error, chessa.ResponseError)
    api.check()  # it is raised once
