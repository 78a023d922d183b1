"""The sandbox as a program: its options, its file of state, and what it refuses to start with."""

import asyncio
import json
import signal
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from chessa.testing import Sandbox, _program
from chessa.testing.__main__ import main


def run_once(monkeypatch: pytest.MonkeyPatch, use: Any, *arguments: str) -> int:
    """Run the program in this process, use it by its URL on a thread, and stop it."""
    stopping: list[Any] = []

    def interruption() -> asyncio.Event:
        event, loop = asyncio.Event(), asyncio.get_running_loop()
        stopping.append(lambda: loop.call_soon_threadsafe(event.set))
        return event

    def announce(api: Sandbox, url: str, say: object) -> None:
        threading.Thread(target=used, args=(url,), daemon=True).start()

    problems: list[BaseException] = []

    def used(url: str) -> None:
        try:
            use(url)
        except BaseException as error:  # noqa: BLE001  # raised below, in the test
            problems.append(error)
        finally:
            stopping[0]()

    monkeypatch.setattr(_program, "_interruption", interruption)
    monkeypatch.setattr(_program, "_announce", announce)
    status = main(list(arguments))
    for problem in problems:
        raise problem
    return status


def ask(url: str, method: str = "GET") -> Any:
    """Return the JSON of a response."""
    request = urllib.request.Request(url, method=method)  # noqa: S310  # loopback
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        return json.load(response)


def test_a_state_outlives_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--state` writes the orders at the end, and the next start has them; `--seed` fixes ids."""
    file = tmp_path / "state.json"
    made: list[Any] = []
    options = ("--state", str(file), "--seed", "7")
    add = "/_sandbox/add-order"
    assert run_once(monkeypatch, lambda url: made.append(ask(url + add, "POST")), *options) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert file.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    seen: list[Any] = []
    status = run_once(
        monkeypatch,
        lambda url: seen.append(ask(f"{url}/_sandbox/state")),
        *options,
        "--chaos",
        "rate=0.05,seed=7,operation=users.me",
    )
    assert status == 0
    (state,) = seen
    assert [order["id"] for order in state["orders"]] == [made[0]["id"]]
    assert (state["seed"], state["clock"]["running"]) == ("7", True)
    assert state["faults"]["chaos"] == {"rate": "0.05", "seed": 7, "operation": "users.me"}


@pytest.mark.parametrize(
    "chaos",
    ["", "0.05", "rate", "rate=x", "rate=2", "rate=nan", "seed=7", "rate=0.1,rate=0.2",
     "rate=0.1,seed=a", "rate=0.1,colour=red", "rate=0.1,operation=orders.buy"],
)  # fmt: skip
def test_a_wrong_chance_is_refused(chaos: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and one line that shows the form."""
    assert main(["--chaos", chaos]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("--chaos must be as rate=0.05,seed=7: ")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 1}', b"\xff"])
def test_a_file_that_is_not_a_state_is_kept(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and the file is as it was: it may be another program's."""
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    assert main(["--state", str(file)]) == 2
    assert "Cannot restore the state in" in capsys.readouterr().err
    assert file.read_bytes() == content


def test_a_state_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with the reason: the orders are lost, which must not go unnoticed."""
    folder = tmp_path / "removed"
    folder.mkdir()
    file = folder / "state.json"
    assert run_once(monkeypatch, lambda url: folder.rmdir(), "--state", str(file)) == 2
    assert "Cannot write the state to" in capsys.readouterr().err


def test_a_state_without_a_folder_is_refused_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 before it serves: at the end the orders would be lost."""
    assert main(["--state", str(tmp_path / "missing" / "state.json")]) == 2
    printed = capsys.readouterr()
    assert "its folder does not exist" in printed.err
    assert printed.out == ""


def test_its_help_has_the_name_that_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """`chessa sandbox --help` shows the usage of that command."""
    with pytest.raises(SystemExit):
        main(["--help"], program="chessa sandbox")
    assert capsys.readouterr().out.startswith("usage: chessa sandbox ")


def test_signals_are_the_way_to_stop_it() -> None:
    """SIGINT and SIGTERM are what a terminal and a container send."""
    before = signal.getsignal(signal.SIGTERM)

    async def use() -> bool:
        event = _program._interruption()
        signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await event.wait()
        loop = asyncio.get_running_loop()
        return loop.remove_signal_handler(signal.SIGTERM) and loop.remove_signal_handler(
            signal.SIGINT
        )

    assert asyncio.run(use())
    assert signal.getsignal(signal.SIGTERM) == before
