"""The demonstration: what a newcomer sees first works, and says so when something does not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import demo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the demonstration regenerates from; the client is the installed one."""
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("spec", "scripts", "generated", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    shutil.copy(ROOT / "generator-config.yaml", tmp_path)
    return tmp_path


def run(project: Path) -> "subprocess.CompletedProcess[str]":
    """Run the demonstration of a copy of the project."""
    return subprocess.run(
        [sys.executable, str(project / "scripts" / "demo.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.ci
def test_the_demonstration_walks_an_order_to_its_refund(project: Path) -> None:
    """Each step shows its code and what came of it; the second refund is refused, and counted."""
    done = run(project)
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout
    for _, code, _ in demo.STEPS:
        assert code.splitlines()[0] in shown
    for words in (
        "chessa_api: ",
        " USDC for ",
        "waiting_for_funding",
        "→ Failed",
        "→ raises BadRequestError",
        "invalid_refund_request",
        "outcome      Outcome.REJECTED",
        "Refunds that the sandbox counted: 1",
    ):
        assert words in shown
    assert "\033" not in shown, "no colours where there is no terminal"


@pytest.mark.ci
def test_a_demonstration_that_cannot_regenerate_says_why(project: Path) -> None:
    """The newcomer sees the output of regeneration; nothing else is shown as done."""
    (project / "spec" / "openapi.yaml").write_text("openapi: 2\n", encoding="utf-8")
    done = run(project)
    assert done.returncode == 1
    assert "refused: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "An order, from quote to refund" not in done.stdout


def test_a_second_refund_that_goes_through_is_noticed() -> None:
    """The demonstration does not show as mapped an error that never came."""

    class Orders:
        def request_refund(self, **_: object) -> None:
            """Refund it, once more."""

    chessa = type("Client", (), {"orders": Orders()})
    with pytest.raises(SystemExit, match="the second refund went through"):
        demo.refuse({"chessa": chessa, "order": type("Order", (), {"id": "1"})})


def test_a_terminal_sees_what_stands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings are bold and comments dim on a terminal, and there only."""
    assert (demo.bold("a"), demo.dim("a")) == ("a", "a")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert (demo.bold("a"), demo.dim("a")) == ("\033[1ma\033[0m", "\033[2ma\033[0m")
