"""`python -m chessa.testing`: the sandbox for other processes."""

import datetime
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import chessa
from chessa.models import OrderStatus
from chessa.testing.__main__ import main
from tests.marks import every, table
from tests.samples import BANK_ACCOUNT, order_for

COMMAND = [sys.executable, "-W", "error", "-m", "chessa.testing"]


@contextmanager
def served(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """Run the command; give the process, and the variables that it printed."""
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            printed = ""
            while "/lose-next-answer" not in printed:
                line = process.stdout.readline()
                assert line, process.communicate()[1]
                printed += line
            yield process, dict(re.findall(r"export (\w+)=(\S+)", printed))
        finally:
            process.kill()


def post(url: str) -> tuple[int, Any]:
    """POST an empty body, as curl does."""
    request = urllib.request.Request(url, method="POST")  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return response.status, json.load(response)


def test_another_process_can_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the printed variables `Chessa()` calls it; commands move orders and lose responses."""
    with served("--port", "0") as (_, variables):
        assert sorted(variables) == ["CHESSA_BASE_URL", "CHESSA_CLIENT_ID", "CHESSA_CLIENT_SECRET"]
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with chessa.Chessa() as client:
            recipient = client.recipients.create(**BANK_ACCOUNT)
            order = client.orders.create(**order_for(recipient))
            assert order.created_at < datetime.datetime.now(datetime.UTC) < order.expires_at
            commands = f"{variables['CHESSA_BASE_URL']}/_sandbox/orders/{order.id}"
            assert post(f"{commands}/fund") == (
                200,
                {"id": order.id, "status": "waiting_for_confirmations"},
            )
            assert post(f"{commands}/fail") == (200, {"id": order.id, "status": OrderStatus.FAILED})
            assert client.orders.retrieve(order.id).status == OrderStatus.FAILED
            assert client.orders.request_refund(order_id=order.id, address="bc1q").refund_id
            assert post(f"{variables['CHESSA_BASE_URL']}/_sandbox/lose-next-answer")[0] == 200
            with pytest.raises(chessa.OutcomeUnknownError):
                client.users.submit_feedback(comment="late")
            assert client.users.submit_feedback(comment="later").id == 2


@pytest.mark.parametrize("number", every(2, [signal.SIGTERM, signal.SIGINT]))
def test_it_stops_cleanly(number: int) -> None:
    """Ctrl-C and SIGTERM end it with 0, and without output."""
    with served() as (process, _):
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and one line that says which port and why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"Cannot listen on 127.0.0.1, port {port}: ")
    assert errors.count("\n") == 1


@table("port", ["-1", "65536", "http", "8080.0", "\u0668"])
def test_an_impossible_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with the range of ports."""
    with pytest.raises(SystemExit) as caught:
        main([f"--port={port}"])
    assert caught.value.code == 2
    assert "is not a port: 0 to 65535" in capsys.readouterr().err


# Without a package of the extra: as if it had not been installed.
MISSING = """
import runpy, sys
sys.modules[{name!r}] = None
sys.argv = ["chessa.testing"]
{statement}
"""


@pytest.mark.parametrize("name", every(2, ["aiohttp", "openapi_schema_validator"]))
@table(
    ("statement", "code"),
    [
        ("runpy.run_module('chessa.testing', run_name='__main__')", 2),
        ("import chessa.testing; chessa.testing.serve, chessa.testing.sandbox", 1),
    ],
)
def test_without_the_extra_it_says_what_to_install(name: str, statement: str, code: int) -> None:
    """A package of the extra that is missing is named, with the command that installs it."""
    done = subprocess.run(
        [sys.executable, "-c", MISSING.format(name=name, statement=statement)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    text = f'of which {name} is missing: pip install "chessa[sandbox]"'
    assert done.stderr.rstrip().endswith(text)
    if code == 2:
        assert "Traceback" not in done.stderr
