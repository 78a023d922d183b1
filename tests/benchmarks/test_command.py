"""The command: what it lists, refuses and prints, and what becomes of a case that crashes."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import saving
from benchmarks.__main__ import main
from benchmarks.catalogue import CASES, HERE, Case

STUBS = {
    "crashing": Case("ends badly", "tests.benchmarks.stubs", ("crashing",), HERE, 60),
    "quiet": Case("measures at once", "tests.benchmarks.stubs", ("",), HERE, 60),
}


def test_every_case_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Name and one line each; nothing is measured."""
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CASES)
    assert all(len(line.split()) > 3 for line in lines)


def test_every_case_has_a_module() -> None:
    """The file is there."""
    root = Path(__file__).parents[2]
    for case in CASES.values():
        assert (root / f"{case.module.replace('.', '/')}.py").is_file()


@pytest.mark.parametrize("words", [["nothing"], ["--fast"], ["--json", "--markdown"]])
def test_wrong_arguments_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and a word on stderr; nothing on stdout."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: " in captured.err


def test_a_crash_does_not_stop_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    """Exit 1; the other case has its figures, and the crash is told in both forms."""
    assert main([], STUBS) == 1
    captured = capfd.readouterr()
    table, _, text = captured.out.partition("\n\n")
    assert "not met" in table
    assert "crashed: exit status 1" in table
    document = json.loads(text)
    assert document["crashed"] == {"crashing": "exit status 1"}
    assert len(document["figures"]) == 3
    assert "it crashed, as it should" in captured.err


def test_one_case_in_one_form(capfd: pytest.CaptureFixture[str]) -> None:
    """`--json` prints nothing else; a figure that misses its target is no failure."""
    assert main(["quiet", "--json", "--quick"], STUBS) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["command"] == "python -m benchmarks quiet --json --quick"
    assert document["figures"][0]["met"] is False
    assert {"cpu", "cores", "os", "python", "versions"} == set(document["machine"])


def test_what_did_not_run_again_is_kept() -> None:
    """A saved case stays until it runs again, on the same kind of machine."""

    def made(machine: str, *cases: str, command: str = "one") -> dict[str, Any]:
        figures = [{"case": case, "by": command} for case in cases]
        common = {"series": {command: 1}, "crashed": {}}
        return {"machine": machine, "command": command, "figures": figures, **common}

    before = made("m", "a", "b", "c")
    whole = saving.merged(before, made("m", "b", command="two"), {"b"}, ["a", "b", "c"])
    assert [(each["case"], each["by"]) for each in whole["figures"]] == [
        ("a", "one"),
        ("b", "two"),
        ("c", "one"),
    ]
    assert whole["command"] == "one; two"
    assert whole["series"] == {"one": 1, "two": 1}
    other = made("n", "b", command="two")
    assert saving.merged(before, other, {"b"}, ["a", "b", "c"]) == other
    assert saving.merged(None, other, {"b"}, ["a", "b", "c"]) == other
