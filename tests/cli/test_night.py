"""`doctor`, `wait`, `refund` and `journal`, with a lost response."""

import datetime
import re
from pathlib import Path

import pytest

from chessa.cli._doctor import clock, probe
from chessa.cli._wait import Progress
from chessa.journal import SqlJournal
from chessa.models import OrderStatus
from chessa.testing import Sandbox
from tests.cli.conftest import chessa, result

REFUND = ("orders", "request-refund", "--address", "bc1q", "--yes", "--order-id")


def test_the_doctor_finds_all_well(api: Sandbox, journal: str) -> None:
    """Each check is ok, the exit status is 0, and no secret is printed."""
    del journal
    checks = result("doctor")
    assert {each["state"] for each in checks} == {"ok"}
    assert [each["name"] for each in checks] == [
        *("versions", "client_id", "client_secret", "address", "proxy", "dns", "tls", "read"),
        *("clock", "journal"),
    ]
    done = chessa("doctor")
    assert (done.returncode, api.client_secret in done.stdout) == (0, False)


def test_the_doctor_says_what_to_do(api: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong credentials, an unknown host, a proxy that is not used: each has its advice."""
    monkeypatch.setenv("CHESSA_CLIENT_SECRET", "wrong")
    done = chessa("doctor")
    assert done.returncode == 1
    assert re.search(
        r"^fails  read .* 401 .*\n +The server was reached: the cred", done.stdout, re.M
    )
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    monkeypatch.delenv("CHESSA_CLIENT_ID")
    done = chessa("--base-url", "https://nothing.invalid", "doctor")
    assert done.returncode == 1
    assert "fails  client_id" in done.stdout
    assert "note   proxy          none; HTTPS_PROXY is set and not used" in done.stdout
    assert "fails  dns" in done.stdout
    assert "read" not in done.stdout
    assert "fails  address" in chessa("--base-url", "http://example.com", "doctor").stdout


def test_the_doctor_compares_clocks() -> None:
    """A small difference is ok, a large one is a note that says in which direction."""
    now = datetime.datetime(2026, 11, 30, 12, 0, 0, tzinfo=datetime.UTC)
    (same,) = clock("Mon, 30 Nov 2026 11:59:50 GMT", now)
    (late,) = clock("Mon, 30 Nov 2026 12:02:00 GMT", now)
    assert (same.state, late.state) == ("ok", "note")
    assert late.found == "120 s behind the server's"
    assert list(clock(None, now)) == list(clock("yesterday", now)) == []


def test_the_doctor_reads_what_needs_no_argument() -> None:
    """Its read has no required argument, and not personal data where another has none."""
    operation = probe()
    assert operation is not None
    assert operation.is_read
    assert not operation.is_personal
    assert not any(argument.required for argument in operation.arguments)


def test_wait_prints_each_status(api: Sandbox, failed: str) -> None:
    """Without a terminal there is a line for each status; the order is the result."""
    del api
    done = chessa("wait", failed)
    assert done.returncode == 0
    assert re.fullmatch(rf" +0:0\d  {OrderStatus.FAILED}", done.stderr.splitlines()[0])
    assert result("wait", failed)["status"] == OrderStatus.FAILED


def test_wait_for_another_end_is_5(api: Sandbox, failed: str) -> None:
    """An order that cannot reach the awaited status ends the wait."""
    del api
    done = chessa("wait", failed, "--until", "completed")
    assert done.returncode == 5
    assert "cannot reach the awaited status" in done.stderr


def test_progress_shows_seconds() -> None:
    """Each status has the time at which it was seen."""
    times = iter([0.0, 1.0, 65.0])
    progress = Progress("ord", now=lambda: next(times))
    assert progress.add("created") == "  0:01  created"
    assert progress.add("\x1b") == r"  1:05  \x1b"


def test_was_it_made(api: Sandbox, failed: str, journal: str) -> None:
    """After a lost response: what is open, was it made, and what does the API say."""
    del journal
    api.lose_next_answer(operation="orders.request_refund")
    assert chessa(*REFUND, failed, "--reference", "refund 17").returncode == 5
    opened = chessa("journal", "open")
    assert opened.returncode == 0
    assert "refund 17  orders.request_refund  unknown: it may have been made" in opened.stdout
    assert opened.stderr.startswith("1 open, the oldest for ")
    reconciled = result("journal", "reconcile")
    assert [(each["reference"], each["finding"]) for each in reconciled] == [
        ("refund 17", "confirmed")
    ]
    assert chessa("journal", "open").stderr == "Nothing is open.\n"
    shown = chessa("journal", "show", "refund 17")
    assert shown.stdout.startswith("verdict      made\n")
    assert "/order/refund" in shown.stdout
    assert chessa("journal", "show", "another").returncode == 1
    assert [each["outcome"] for each in result("journal", "list")] == [None]
    assert len(api.refunds) == 1


def test_refund_is_sent_once(api: Sandbox, failed: str, journal: str) -> None:
    """A lost response is read from the order, and a second run sends nothing."""
    del journal
    api.lose_next_answer(operation="orders.request_refund")
    first = chessa("refund", failed, "bc1q", "--yes")
    assert (first.returncode, len(api.refunds)) == (0, 1)
    assert "its response was lost, and the order shows it" in first.stderr
    second = chessa("refund", failed, "bc1q", "--yes")
    assert second.returncode == 0
    assert "Nothing was sent now" in second.stderr
    assert len(api.refunds) == 1


def test_refund_that_is_not_shown_is_unknown(api: Sandbox, failed: str, journal: str) -> None:
    """The exit status is 5, and the message says that absence proves nothing."""
    del journal
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation="orders.request_refund")
    done = chessa("refund", failed, "bc1q", "--yes", "--timeout", "1")
    assert done.returncode == 5
    assert "That proves nothing." in done.stderr
    assert "with this journal it only reads" in done.stderr


def test_refund_of_an_order_that_did_not_fail_is_not_sent(api: Sandbox) -> None:
    """The exit status is 4, and no refund was requested."""
    done = chessa("refund", api.add_order().id, "bc1q", "--yes")
    assert done.returncode == 4
    assert "refunds are for orders that failed" in done.stderr
    assert api.refunds == ()


def test_a_person_resolves(api: Sandbox, journal: str) -> None:
    """An open entry is closed with who and why; its history shows it."""
    api.lose_next_answer(operation="users.submit_feedback")
    write = ("users", "submit-feedback", "--comment", "late", "--reference", "note 1", "--yes")
    assert chessa(*write).returncode == 5
    (found,) = result("journal", "reconcile")
    assert found["finding"] == "no way to check"
    words = ("journal", "resolve", "note 1", "users.submit_feedback", "--outcome", "not-sent")
    assert chessa(*words, "--why", "the vendor has none").returncode == 2
    done = chessa(*words, "--why", "the vendor has none", "--by", "Ada", "--yes")
    assert done.returncode == 0
    assert "not made: it was not sent" in done.stdout
    (entry,) = result("journal", "show", "note 1", "--journal", journal)
    assert entry["history"][-1]["by"] == "Ada"


def test_ddl_and_completion_are_printed() -> None:
    """Statements of the ledger's table, and the script for a shell."""
    assert "CREATE TABLE chessa_journal" in chessa("journal", "ddl").stdout
    assert "CREATE TABLE chessa_journal" in chessa("journal", "ddl", "sqlite").stdout
    assert "_CHESSA_COMPLETE" in chessa("completion", "zsh").stdout


def test_a_journal_is_needed(api: Sandbox) -> None:
    """Without a journal the command says how to name one."""
    del api
    done = chessa("journal", "open")
    assert (done.returncode, "CHESSA_JOURNAL" in done.stderr) == (2, True)


def test_a_misspelt_journal_is_not_an_empty_one(tmp_path: Path) -> None:
    """A file that is not there is an error, and is not made: it would say that nothing is open."""
    path = tmp_path / "misspelt.db"
    done = chessa("journal", "open", "--journal", f"sqlite:///{path}")
    assert done.returncode == 4
    assert f"There is no journal at {path}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_write_says_that_its_journal_is_new(api: Sandbox, failed: str, tmp_path: Path) -> None:
    """A misspelt file would know of no earlier write: it is told once, before anything is sent."""
    words = ("refund", failed, "bc1q", "--journal", f"sqlite:///{tmp_path / 'misspelt.db'}")
    note = f"Note: the journal {tmp_path / 'misspelt.db'} is new, and knows of no earlier write."
    assert chessa(*words).stderr.startswith(note)
    assert chessa(*words, "--yes").returncode == 0
    assert "Note:" not in chessa(*words, "--yes").stderr
    assert len(api.refunds) == 1


def test_a_write_that_was_settled_is_not_to_be_reconciled(
    api: Sandbox, failed: str, journal: str
) -> None:
    """Its end is known: the message names the read that shows its result, and nothing else."""
    del journal
    words = (*REFUND, failed, "--reference", "refund 17")
    api.lose_next_answer(operation="orders.request_refund")
    assert "Then: chessa journal reconcile" in chessa(*words).stderr
    assert "Then: chessa journal reconcile" in chessa(*words).stderr
    assert result("journal", "reconcile")[0]["finding"] == "confirmed"
    done = chessa(*words)
    assert done.returncode == 6
    assert f"Check: chessa orders retrieve {failed}" in done.stderr
    assert "reconcile" not in done.stderr
    assert "proves" not in done.stderr


def test_refund_without_a_journal_says_what_to_look_at(api: Sandbox, failed: str) -> None:
    """After an unknown outcome it names the read, and warns of a second run."""
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation="orders.request_refund")
    done = chessa("refund", failed, "bc1q", "--yes", "--timeout", "1")
    assert done.returncode == 5
    assert f"Check: chessa orders retrieve {failed}" in done.stderr
    assert "Without a journal, the same command again may send another refund." in done.stderr


def test_a_refused_refund_may_follow_one_that_is_not_shown(api: Sandbox, failed: str) -> None:
    """Without a journal the message says that an earlier refund may be the reason."""
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation="orders.request_refund")
    assert chessa("refund", failed, "bc1q", "--yes", "--timeout", "1").returncode == 5
    done = chessa("refund", failed, "bc1q", "--yes", "--timeout", "1")
    assert done.returncode == 3
    assert "This call made no refund.\nWithout a journal it is not known" in done.stderr
    assert len(api.refunds) == 1


def test_what_is_in_progress_is_not_to_be_reconciled(journal: str) -> None:
    """A caller still has it: nothing is proposed."""
    with SqlJournal(journal, account="acme") as ledger, ledger.step("invoice 17", "pay") as step:
        done = chessa("journal", "open", "--account", "acme")
        step.done(None)
    assert "invoice 17  step:pay   in progress" in done.stdout
    assert done.stderr == "1 in progress: a caller still has each of them.\n"


def test_a_status_that_the_spec_does_not_list_is_told(api: Sandbox, failed: str) -> None:
    """A misspelt one would be waited for in vain; a new one is waited for."""
    del api
    done = chessa("wait", failed, "--until", "compleed", "--until", "failed")
    assert done.returncode == 0
    note = "Note: 'compleed' is not a status of the spec. Did you mean 'completed'?\n"
    assert done.stderr.startswith(note)
    assert done.stderr.count("Note:") == 1


def test_the_doctor_names_the_setting_that_is_wrong(
    api: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal without its key is told by the name of the key, and by no other."""
    del api
    monkeypatch.delenv("CHESSA_JOURNAL_KEY", raising=False)
    monkeypatch.setenv("CHESSA_JOURNAL", "postgresql://ada:hidden@localhost/x")
    done = chessa("doctor")
    assert "CHESSA_JOURNAL_KEY" in done.stdout
    assert "Check CHESSA_JOURNAL." not in done.stdout
    assert "hidden" not in done.stdout


def test_the_help_of_a_group_is_not_cut() -> None:
    """Each command of the journal has a line that fits."""
    commands = chessa("journal", "--help").stdout.partition("Commands:")[2]
    assert "ddl" in commands
    assert "..." not in commands
