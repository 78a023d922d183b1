"""The console blocks of docs/command.md print what the page shows."""

import re
import shlex
from pathlib import Path

import pytest

from chessa.cli._app import _OWN
from chessa.testing import Sandbox
from tests.cli.conftest import chessa
from tests.docs.pages import ROOT, read, section

PAGE = read(ROOT / "docs" / "command.md")
ID = "9b9d0383-20e1-48ef-bf08-57a26c63807e"
VARYING = (
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+", "TIME"),
    (r"\b[0-9]+ s\b", "N s"),
    (r"(?m)^(account|call_id|host|pid) .*$", r"\1"),
    (r" +", " "),
)


def consoles(heading: str) -> list[tuple[str, str]]:
    """Return the commands in the blocks under a heading, each with what it prints."""
    text = "".join(each.content for each in section(PAGE, heading) if each.info == "console")
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def plain(text: str) -> list[str]:
    """Return the lines of an output, without what differs between two runs."""
    for pattern, replacement in VARYING:
        text = re.sub(pattern, replacement, text)
    return [line.strip() for line in text.splitlines()]


def replay(heading: str, order_id: str) -> None:
    """Run the commands under a heading, and compare."""
    last = 0
    for command, printed in consoles(heading):
        if command == "echo $?":
            assert printed == f"{last}\n"
            continue
        words = shlex.split(command.replace(ID, order_id))
        assert words[0] == "chessa"
        done = chessa(*words[1:])
        last = done.returncode
        assert plain((done.stdout + done.stderr).replace(order_id, ID)) == plain(printed)


def test_three_questions_have_one_command_each(
    api: Sandbox, failed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a lost response: what is open, what does the API say, was it made."""
    monkeypatch.setenv("CHESSA_JOURNAL", f"sqlite:///{tmp_path / 'journal.db'}")
    api.lose_next_answer(operation="orders.request_refund")
    words = ("orders", "request-refund", "--order-id", failed, "--address", "bc1qexample")
    assert chessa(*words, "--reference", "refund 17", "--yes").returncode == 5
    assert len(consoles("At night")) == 3
    replay("At night", failed)
    assert len(api.refunds) == 1


def test_a_lost_response_prints_what_the_page_shows(api: Sandbox, failed: str) -> None:
    """The message and the exit status are those of the page."""
    api.lose_next_answer(operation="orders.request_refund")
    replay("Calls", failed)


def test_every_command_is_on_the_page() -> None:
    """Each command that is not an operation is in the table of all commands."""
    text = "\n".join(each.content for each in section(PAGE, "All commands"))
    assert [name for name in _OWN if f"`chessa {name}" not in text] == []
