"""The command in a terminal: its screens, kept as text in `tests/cli/screens/`."""

import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from chessa.testing import Sandbox

SCREENS: Final = Path(__file__).with_name("screens")
VARYING: Final = (
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2025-03-18T06:00:00.000Z"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "9b9d0383-20e1-48ef-bf08-57a26c63807e"),
    (r"chessa [0-9]\S*, spec .*\n +Open.*", "VERSIONS"),
    (r"127\.0\.0\.1:[0-9]+", "127.0.0.1:8080"),
    (r"\([0-9]+ ms\)", "(7 ms)"),
    (r"\b[0-9]:[0-9]{2}\b", "0:07"),
    (r"[⠀-⣿]", "⠋"),
)
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """A terminal of 100 by 30 in which a shell runs."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._server = f"chessa-{uuid.uuid4().hex[:8]}"
        self._environment = environment
        shell = "PS1='$ '; export PS1; exec /bin/sh -i"
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", shell)

    def run(self, *words: str) -> str:
        """Run a command of tmux, and return what it prints."""
        return subprocess.run(
            ["tmux", "-L", self._server, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout

    def type(self, line: str) -> None:
        """Type a line."""
        self.run("send-keys", "-l", line)
        self.run("send-keys", "Enter")

    def screen(self) -> str:
        """Return what the screen shows."""
        lines = self.run("capture-pane", "-p").splitlines()
        return "\n".join(line.rstrip() for line in lines).strip("\n")

    def until(self, is_there: Callable[[str], object]) -> str:
        """Wait until the screen shows something, and return it."""
        ends = time.monotonic() + 30
        while not is_there(shown := self.screen()):
            assert time.monotonic() < ends, shown
            time.sleep(0.05)
        return shown

    def close(self) -> None:
        """End the shell and what runs in it."""
        self.run("kill-server")


@pytest.fixture
def terminal(api: Sandbox, environment: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """A terminal whose environment is that of the sandbox, and has the command."""
    del api
    command = tmp_path / "chessa"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m chessa "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    for name in ("TMUX", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        environment.pop(name, None)
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    opened = Terminal(environment)
    try:
        opened.until(lambda shown: shown == "$")
        yield opened
    finally:
        opened.close()


def is_over(screen: str) -> bool:
    """Return whether the command has ended, and the shell waits for the next one."""
    return re.search(r"^status \d+\n\$\Z", screen, re.MULTILINE) is not None


def compare(name: str, screen: str) -> None:
    """Compare a screen with the one that is kept, apart from ids and times."""
    for pattern, replacement in VARYING:
        screen = re.sub(pattern, replacement, screen)
    assert screen == (SCREENS / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.ci
def test_doctor(terminal: Terminal) -> None:
    """All is well: one line for each check, and no secret."""
    terminal.type("chessa doctor; echo status $?")
    compare("doctor", terminal.until(is_over))


@pytest.mark.ci
def test_a_list_fits_the_terminal(terminal: Terminal, api: Sandbox) -> None:
    """Ids are complete, and the columns that do not fit are named."""
    for _ in range(2):
        api.add_order()
    terminal.type("chessa orders list; echo status $?")
    compare("list", terminal.until(is_over))


def test_wait_is_live(terminal: Terminal, api: Sandbox) -> None:
    """The view shows each status once, and how long it has waited; the order follows."""
    order = api.add_order().fund()
    terminal.type(f"chessa wait {order.id} --output csv | wc -l; echo status $?")
    compare(
        "wait-live", terminal.until(lambda shown: re.search("waiting_for.*\n.*waiting for", shown))
    )
    order.complete()
    compare("wait-done", terminal.until(is_over))


def test_refund_asks(terminal: Terminal, api: Sandbox) -> None:
    """Nothing is sent before the question has its `y`, and nothing after an `n`."""
    order = api.add_order().fund().fail()
    terminal.type(f"chessa refund {order.id} bc1qexample; echo status $?")
    compare("refund-question", terminal.until(lambda shown: "[y/N]:" in shown))
    terminal.type("n")
    assert "Nothing was sent.\nstatus 1" in terminal.until(is_over)
    assert api.requests == ()
    terminal.type(f"clear; chessa refund {order.id} bc1qexample; echo status $?")
    terminal.until(lambda shown: "status" not in shown and "[y/N]:" in shown)
    terminal.type("y")
    assert "status 0" in terminal.until(is_over)
    assert len(api.refunds) == 1


@pytest.mark.ci
def test_a_secret_that_is_missing_is_asked_for(terminal: Terminal, api: Sandbox) -> None:
    """The client uses the text that is typed at the prompt; the screen does not show it."""
    terminal.type("unset CHESSA_CLIENT_SECRET; chessa orders list; echo status $?")
    terminal.until(lambda shown: shown.endswith("client secret:"))
    terminal.type(api.client_secret)
    shown = terminal.until(is_over)
    assert "orders: none" in shown
    assert api.client_secret not in shown
