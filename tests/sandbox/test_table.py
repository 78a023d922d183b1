"""The table of commands: it offers everything that Python does, with the same options."""

import datetime
import http.client
import inspect
import json
import urllib.parse
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from chessa.testing import Clock, Sandbox, SandboxOrder, serve
from chessa.testing._http.commands import COMMANDS
from chessa.testing._http.control import control
from chessa.testing._http.openapi import document, operation_id
from chessa_api.exact_json import loads

# Of Python only: clients, the context, and what a command over HTTP has other names for.
PYTHON_ONLY = {
    "client",
    "async_client",
    "check",
    "spec",
    "client_id",
    "client_secret",
    "user_id",
    "payment_rules",  # within `mistakes`
    "request_counts",  # `requests`
    "waiting_faults",  # `faults`
}
OF_THE_API = {"accept", "catch_up", "give_back", "refusal_of_refund", "shown_refund"}


def public(kind: type, *, methods_only: bool) -> set[str]:
    """Return the public methods of a class; of the sandbox also the properties."""
    return {
        name
        for name, value in inspect.getmembers(kind)
        if not name.startswith("_") and (callable(value) or not methods_only)
    }


class Remote:
    """Asks a served sandbox."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")

    def ask(
        self,
        method: str,
        target: str,
        body: str | bytes = b"",
        **headers: str,
    ) -> tuple[int, Any]:
        """Return status and JSON."""
        connection = http.client.HTTPConnection(self._host, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, f"/_sandbox/{target}", body, named)
            response = connection.getresponse()
            return response.status, loads(response.read())
        finally:
            connection.close()

    def do(self, target: str, **options: Any) -> Any:
        """Perform a command that must succeed."""
        status, result = self.ask("POST", f"{target}?{urllib.parse.urlencode(options)}")
        assert status == 200, result
        return result

    def get(self, target: str) -> Any:
        """Read what must be there."""
        status, result = self.ask("GET", target)
        assert status == 200, result
        return result


@pytest.fixture
def remote(api: Sandbox) -> Iterator[Remote]:
    """The sandbox, served."""
    with serve(api) as url:
        yield Remote(url)


def test_every_command_of_python_is_in_the_table() -> None:
    """A public method of the sandbox, its clock or an order has a row, or is named here."""
    calls = {getattr(command.call, "__name__", "") for command in COMMANDS}
    reads = {command.path.replace("-", "_") for command in COMMANDS if command.method == "GET"}
    offered = calls | reads
    assert public(Sandbox, methods_only=False) - offered == PYTHON_ONLY
    assert public(SandboxOrder, methods_only=True) - offered == OF_THE_API
    assert public(Clock, methods_only=True) - offered == {"when_moved", "put_back", "restart"}


def test_the_table_is_described_in_openapi(remote: Remote) -> None:
    """The served document describes every row with all of its options."""
    described = remote.get("openapi.json")
    assert described == document()
    ids = [operation_id(command) for command in COMMANDS]
    assert len(set(ids)) == len(ids)
    for command in COMMANDS:
        operation = described["paths"][f"/_sandbox/{command.path}"][command.method.lower()]
        names = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        assert names == set(command.options)
        assert operation["summary"].endswith((".", "?"))


def test_the_document_is_valid() -> None:
    """By the schema of OpenAPI, where its validator is installed."""
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(json.loads(json.dumps(document())))


def test_options_do_what_they_do_in_python(api: Sandbox, remote: Remote) -> None:
    """Query, form and JSON give the same options; the result is the one of Python."""
    order = api.add_order()
    place = f"orders/{order.id}"
    assert remote.do(f"{place}/fund", payout_fails="true", amount="2.5")["id"] == order.id
    assert (order.payout_fails, order.paid_amount) == (True, Decimal("2.5"))
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert remote.ask("POST", f"{place}/pay", "amount=3", **form)[0] == 200
    assert remote.ask("POST", f"{place}/pay", '{"amount": 0.5}', **form)[0] == 200
    as_json = {"content_type": "application/json"}
    assert remote.ask("POST", f"{place}/pay", '{"amount": "4"}', **as_json)[0] == 200
    assert order.paid_amount == 10

    remote.do("lose-next-answer", operation="orders.request_refund", times=2)
    body = '{"status": 503, "acts": true, "headers": {"retry-after": "7"}, "operation": null}'
    assert remote.ask("POST", "fail-next", body, **as_json)[0] == 200
    remote.do("delay-next", seconds="0.5", operation="users.me")
    kinds = [(each.kind, each.operation, each.seconds) for each in api.waiting_faults]
    assert kinds == [
        ("lose", "orders.request_refund", 0.0),
        ("lose", "orders.request_refund", 0.0),
        ("fail", None, 0.0),
        ("delay", "users.me", 0.5),
    ]
    assert api.waiting_faults[2].headers == {"retry-after": "7"}
    assert [each["kind"] for each in remote.get("faults")["waiting"]] == [k for k, _, _ in kinds]
    remote.do("clear-faults")
    assert not api.waiting_faults


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("orders/{}/fund?payout=true", "'payout' of orders/{order_id}/fund; its options: payout_"),
        ("orders/{}/advance?seconds=1", "'seconds' of orders/{order_id}/advance; its options: no"),
        ("orders/{}/fund?payout_fails=yes", "'payout_fails' must be true or false"),
        ("orders/{}/fund?amount=ten", "'amount' must be an amount"),
        ("orders/{}/fund?amount=-1", "more than zero"),
        ("orders/{}/fund?amount=NaN", "'amount' must be an amount"),
        ("orders/{}/fund?amount=1&amount=1", "'amount' is given twice"),
        ("orders/{}/force-status", "'status' of orders/{order_id}/force-status is required"),
        ("lose-next-answer?times=1.5", "'times' must be an integer"),
        ("lose-next-answer?times=0", "at least 1"),
        ("lose-next-answer?times=1000000000", "at most 10000"),
        ("lose-next-answer?operation=orders.buy", "no operation 'orders.buy'; there are: "),
        ("delay-next", "'seconds' of delay-next is required"),
        ("delay-next?seconds=-1", "zero or more"),
        ("delay-next?seconds=1e300", "at most 3600"),
        ("fail-next?status=200", "from 400 to 599"),
        ("fail-next?headers=x", "not JSON"),
        ("set-chaos?rate=2", "from 0 to 1"),
        ("set-payment-rules?underpaid=maybe", "one of wait, fail, accept"),
        ("clock/advance?seconds=-1", "forward only"),
        ("clock/advance?hours=1e300", "forward only"),
        ("clock/set?instant=2020-01-01T00:00:00Z", "forward only"),
        ("clock/set?instant=2999-01-01", "aware"),
        ("clock/set?instant=soon", "a time in ISO 8601"),
        ("add-order?origin_asset=DOGE", "no rate"),
        ("add-recipient?code=nowhere", "no institution"),
        ("show-refunds-late?reads=-1", "zero or more"),
        ("restore", "not JSON"),
        ("restore?force=true", "'force' of restore; its options: none"),
        ('fail-next?headers={{"a":"b%5Cr%5Cnc: d"}}', "header 'a' is not one line"),
        ('fail-next?headers={{"a b":"c"}}', "'a b' is not a header"),
        ('fail-next?headers={{"Content-Length":"3"}}', "'Content-Length' is not a header"),
    ],
)
def test_a_wrong_option_is_named(api: Sandbox, target: str, named: str) -> None:
    """A 400 names the option and what it may be, and nothing is changed."""
    order = api.add_order()
    before = api.snapshot()
    refused = control(api, "POST", f"/_sandbox/{target.format(order.id)}", {}, b"")
    body = loads(refused.body)
    assert (refused.status, body["error"]) == (400, "validation_error")
    assert named in body["message"]
    assert api.snapshot() == before


def test_null_is_no_required_option(api: Sandbox) -> None:
    """JSON's null stands for an option that is not given."""
    body = b'{"seconds": null}'
    headers = {"content-type": "application/json"}
    refused = control(api, "POST", "/_sandbox/delay-next", headers, body)
    assert refused.status == 400
    assert "'seconds' of delay-next is required" in loads(refused.body)["message"]


def test_everything_can_be_read(api: Sandbox, remote: Remote) -> None:
    """Orders, movements, requests, refunds, mistakes, clock: as in Python, newest first."""
    order = api.add_order().fund().fail()
    api.lose_next_answer()
    sent = remote.do(f"orders/{order.id}/request-refund", address="bc1q")
    assert (sent["outcome"], sent["acted"], sent["status"]) == ("lost", True, None)
    api.add_order().fund(amount=3)
    state = remote.get("state")
    assert state["totals"] == {
        "orders": 2, "recipients": 2, "movements": 3, "refunds": 1, "requests": 1,
    }  # fmt: skip
    assert state["mistakes"]["underpaid"] == api.mistakes.underpaid == 1
    newest, oldest = state["orders"]
    assert (oldest["id"], oldest["refund"]["address"]) == (order.id, "bc1q")
    assert (newest["paid_amount"], newest["is_underpaid"]) == ("3", True)
    assert oldest == remote.get(f"orders/{order.id}")
    for name in ("orders", "recipients", "movements", "refunds", "requests"):
        assert remote.get(name)[name] == state[name]
        assert remote.get(f"{name}?limit=1")[name] == state[name][:1]
    assert remote.get("seed") == {"seed": api.seed}
    assert remote.get("transcript") == {"transcript": api.transcript()}
    assert remote.ask("GET", "state?limit=-1")[0] == 400
    assert len(remote.get(f"orders?limit={10**30}")["orders"]) == 2


def test_the_clock_over_http(api: Sandbox, remote: Remote) -> None:
    """It is read, advanced and set; a running one can be stopped."""
    assert remote.get("clock")["running"] is False
    before = api.clock.now
    remote.do("clock/advance", minutes="1", seconds="0.5")
    assert api.clock.now - before == datetime.timedelta(seconds=60.5)
    shown = remote.do("clock/set", instant="2999-01-01T00:00:00+02:00", running="true")
    assert shown["running"] is True
    assert shown["now"].startswith("2998-12-31T22:00:0")
    remote.do("clock/set", instant="2999-06-01T00:00:00Z", running="false")
    assert api.clock.now == datetime.datetime(2999, 6, 1, tzinfo=datetime.UTC)


def test_chaos_and_reset_over_http(api: Sandbox, remote: Remote) -> None:
    """Chaos is set and shown; a reset ends it, with all else, and takes a seed."""
    shown = remote.do("set-chaos", rate="0.5", seed="7", operation="users.me")
    assert shown["chaos"] == {"rate": "0.5", "seed": 7, "operation": "users.me"}
    api.add_order()
    api.lose_next_answer()
    remote.do("reset", seed="11")
    assert (api.seed, len(api.orders), api.waiting_faults) == ("11", 0, ())
    assert remote.get("faults") == {"waiting": [], "chaos": None, "drift": []}
