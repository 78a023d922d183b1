"""Exit statuses, messages and secrets: never a traceback, and nothing that should not be seen."""

import contextlib
import errno
import io
import os
import signal
import sys
import time
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

import chessa.cli
from chessa import Outcome
from chessa.cli import _app, _exits
from chessa.testing import Sandbox
from tests.cli.conftest import chessa as command
from tests.cli.conftest import process
from tests.commands import Done, run
from tests.docs.pages import ROOT, read, rows, section


def test_the_page_has_the_table() -> None:
    """The exit statuses on the page are those of the command, with one for each outcome."""
    table = rows(section(read(ROOT / "docs" / "command.md"), "Exit statuses"))[1:]
    assert table == [[str(each.status), each.name, each.meaning] for each in _exits.TABLE]
    assert len({each.status for each in _exits.TABLE}) == len(_exits.TABLE)
    assert {_exits.status_of(outcome) for outcome in Outcome} == {3, 4, 5, 6}


REFUND = ("orders", "request-refund", "--address", "bc1q", "--yes", "--order-id")


def test_a_rejection_is_3(api: Sandbox) -> None:
    """The message is that of the error, with its outcome."""
    done = command("orders", "retrieve", "nothing")
    assert done.returncode == 3
    assert done.stderr.splitlines()[0].startswith("orders.retrieve was rejected with 404 not_found")
    assert done.stderr.splitlines()[-1] == "Outcome: REJECTED."
    assert done.stdout == ""


def test_a_lost_response_is_5_and_says_what_to_run(api: Sandbox, failed: str) -> None:
    """After an unknown outcome the message has the command that shows what became of it."""
    api.lose_next_answer()
    done = command(*REFUND, failed)
    assert done.returncode == 5
    assert f"Check: chessa orders retrieve {failed}" in done.stderr
    assert "none proves nothing" in done.stderr


def test_a_success_that_cannot_be_read_is_6(api: Sandbox, failed: str) -> None:
    """DONE has a status of its own."""
    api.fail_next(200, html=True, acts=True)
    assert command(*REFUND, failed).returncode == 6


@pytest.mark.parametrize("words", [("orders", "list"), ("journal", "reconcile")])
def test_missing_credentials_are_4(
    words: tuple[str, ...], journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variables and the option."""
    for name in ("CHESSA_CLIENT_ID", "CHESSA_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    del journal
    done = command(*words)
    assert done.returncode == 4
    assert "set CHESSA_CLIENT_ID and CHESSA_CLIENT_SECRET, or pass --credentials" in done.stderr


def test_credentials_may_come_from_a_file(
    api: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file replaces the environment; one that others may read is used, with a note."""
    path = tmp_path / "credentials"
    path.write_text(
        f"# the sandbox\nexport CHESSA_CLIENT_ID={api.client_id}\n"
        f"CHESSA_CLIENT_SECRET='{api.client_secret}'\n",
        encoding="utf-8",
    )
    path.chmod(0o600)
    monkeypatch.setenv("CHESSA_CLIENT_SECRET", "another")
    done = command("--credentials", path, "orders", "list")
    assert done.returncode == 0
    assert "others may read" not in done.stderr
    path.chmod(0o644)
    assert "others may read" in command("--credentials", path, "orders", "list").stderr
    missing = command("--credentials", tmp_path / "nothing", "orders", "list")
    assert missing.returncode == 4
    assert "No such file" in missing.stderr


@pytest.mark.parametrize("name", ["CHESSA_CLIENT_ID", "CHESSA_CLIENT_SECRET"])
def test_a_file_of_credentials_has_both(api: Sandbox, tmp_path: Path, name: str) -> None:
    """A missing line is not taken from the environment: it may be of another account."""
    path = tmp_path / "credentials"
    path.write_text(f"{name}=hidden\n", encoding="utf-8")
    path.chmod(0o600)
    for words in (("orders", "list"), ("doctor",)):
        done = command("--credentials", path, *words)
        text = done.stdout + done.stderr
        assert done.returncode in (1, 4)
        assert "The file of --credentials has no line CHESSA_CLIENT_" in text
        assert f"no line {name}" not in text
        assert "hidden" not in text
    assert api.requests == ()


def test_no_option_takes_a_secret() -> None:
    """A journal's URL with a password is refused, without being shown."""
    done = command("journal", "open", "--journal", "postgresql://ada:hunter2@db/money")
    assert done.returncode == 2
    assert "set CHESSA_JOURNAL instead" in done.stderr
    assert "hunter2" not in done.stderr


def test_texts_of_the_api_do_not_act_on_the_terminal(api: Sandbox) -> None:
    """An escape sequence in a message or a result is printed as text."""
    api.fail_next(404, error="not_found", message="\x1b[31mred[/bold]\r\x07")
    done = command("orders", "retrieve", "x")
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
    order = api.add_order(recipient=api.add_recipient(account_number="\x1b[2J"))
    for form in ("table", "json", "csv"):
        shown = command("orders", "retrieve", order.id, "--output", form)
        assert "\x1b" not in shown.stdout
        assert "[2J" in shown.stdout


def test_a_bug_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is its type and place, without its text and without a traceback."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("account 0123456789")

    monkeypatch.setattr(_app.root, "main", broken)
    done = command("doctor")
    assert done.returncode == 1
    assert done.stderr.startswith("The command failed: ValueError at test_exits.py:")
    assert "0123456789" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and 1."""
    monkeypatch.delitem(sys.modules, "chessa.cli._app")
    monkeypatch.delattr(chessa.cli, "_app")
    monkeypatch.setitem(sys.modules, "click", None)
    done = command("doctor")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'The command chessa needs the extra "cli", of which click is missing: '
        'pip install "chessa[cli]"\n'
    )


def test_a_broken_pipe_is_quiet(api: Sandbox, environment: dict[str, str]) -> None:
    """A reader that closes the output ends the command with 141 and without a message."""
    del api
    line = f"({sys.executable} -m chessa orders list; echo $? >&2) | true"
    assert process(environment, line).stderr == "141\n"


@pytest.mark.parametrize("password", ["pw", "p/w", "p?w", "p:w#"])
def test_no_password_of_a_journal_is_an_option(password: str) -> None:
    """Whatever is in it: the process list would show it."""
    done = command("journal", "open", "--journal", f"postgresql://user:{password}@127.0.0.1:1/x")
    assert done.returncode == 2
    assert "has a password" in done.stderr


class _Output(io.StringIO):
    """A stdout that cannot be written."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self._failure = failure

    def write(self, _text: str) -> int:
        raise self._failure


def _to(stdout: Any, *words: object) -> Done:
    """Run the command with another stdout."""

    def main(arguments: list[str]) -> int:
        with contextlib.redirect_stdout(stdout):
            return chessa.cli.main(arguments)

    return run(main, *words)


FULL = (OSError(errno.ENOSPC, "No space left on device"), 6, "(No space left on device)")
CTRL_C = (KeyboardInterrupt(), 130, "could not be printed completely")


@pytest.mark.parametrize(("failure", "status", "text"), [FULL, CTRL_C], ids=["full", "ctrl-c"])
@pytest.mark.parametrize("of_flow", [False, True])
def test_a_result_that_cannot_be_printed_was_carried_out(
    api: Sandbox, failed: str, failure: BaseException, status: int, text: str, of_flow: bool
) -> None:
    """A full disk, or Ctrl-C, does not hide that a write was carried out."""
    words = ("refund", failed, "bc1q", "--yes") if of_flow else (*REFUND, failed)
    done = _to(_Output(failure), *words)
    assert done.returncode == status
    assert "orders.request_refund was carried out" in done.stderr
    assert text in done.stderr
    assert len(api.refunds) == 1


def test_a_read_that_cannot_be_printed_is_1(api: Sandbox, failed: str) -> None:
    """The message says why; it is not a bug of the command."""
    del api
    done = _to(_Output(FULL[0]), "orders", "retrieve", failed)
    assert done.returncode == 1
    assert done.stderr == "The output cannot be written: No space left on device.\n"


def test_closed_streams_hide_no_outcome(
    api: Sandbox, failed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python has None for a stream that was closed before it began: the status stands."""
    assert _to(None, *REFUND, failed).returncode == 141
    assert len(api.refunds) == 1
    monkeypatch.setattr("sys.stderr", None)
    assert chessa.cli.main(["orders", "retrieve", "nothing"]) == 3
    monkeypatch.setattr("sys.stdin", None)
    assert chessa.cli.main([each for each in (*REFUND, failed) if each != "--yes"]) == 2


def test_ctrl_c_says_what_is_known(api: Sandbox, failed: str, environment: dict[str, str]) -> None:
    """An interrupted write ends with 130, and with the note on whether it was sent."""
    api.delay_next(30, operation="orders.request_refund")
    words = [sys.executable, "-m", "chessa", *REFUND, failed]
    with Popen(words, env=environment, stdout=PIPE, stderr=PIPE, text=True) as running:
        while not api.refunds:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "orders.request_refund was interrupted while it was in flight" in errors
    assert "Traceback" not in errors


def test_output_has_no_colour_where_it_is_no_terminal(
    api: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No escape sequence reaches a pipe."""
    del api
    monkeypatch.setenv("TERM", "xterm-256color")
    assert os.environ.get("FORCE_COLOR") is None
    assert "\x1b" not in command("doctor").stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("ordrs",), "No such command 'ordrs'. Did you mean 'orders'?"),
        (("orders", "retrieved", "x"), "No such command 'retrieved'. Did you mean 'retrieve'?"),
        (("journal", "opened"), "No such command 'opened'. Did you mean 'open'?"),
        (("users", "xyzzy"), "No such command 'xyzzy'."),
    ],
)
def test_a_misspelt_command_gets_a_suggestion(words: tuple[str, ...], hint: str) -> None:
    """The exit status is 2, and a close name is suggested."""
    done = command(*words)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, hint)


def test_without_a_command_the_help_is_printed() -> None:
    """It is a usage error that shows all commands."""
    done = command()
    assert done.returncode == 2
    assert "Operations of the API" in done.stderr
