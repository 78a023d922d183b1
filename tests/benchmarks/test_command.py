"""The command: the cases it lists, refuses and prints, and one that crashes."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.catalogue import CASES, Case
from tests.marks import table

STUBS = {
    "crashing": Case("ends badly", ("tests.benchmarks.stubs:crash",), "here"),
    "sync-read": Case("measures at once", ("tests.benchmarks.stubs:measure",), "here"),
}


def test_every_case_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`--list` prints name and summary of each case, and measures nothing."""
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CASES)
    assert all(len(line.split()) > 3 for line in lines)


def test_every_case_has_its_functions() -> None:
    """Each function of the catalogue is in its module."""
    root = Path(__file__).parents[2]
    for case in CASES.values():
        for function in case.functions:
            module, name = function.split(":")
            tree = ast.parse((root / f"{module.replace('.', '/')}.py").read_text("utf-8"))
            assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


@table("arguments", [["nothing"], ["--fast"], ["--json", "--markdown"]])
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong arguments are exit status 2 and a message on stderr, with nothing on stdout."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: " in captured.err


def test_a_crash_does_not_stop_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    """A crash is exit status 1 and in both forms; the other case has its figures."""
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
    """`--json` prints nothing else; a figure that misses its target does not fail."""
    assert main(["sync-read", "--json", "--quick"], STUBS) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["command"] == "python -m benchmarks sync-read --json --quick"
    assert document["figures"][0]["met"] is False
    assert document["series"] == {"curve": {"places": [1.0, 10.0], "lines": {"a line": [2.0, 3.0]}}}
    assert {"cpu", "cores", "os", "python", "versions"} == set(document["machine"])


def test_a_case_that_does_not_run_again_is_kept() -> None:
    """A saved case stays until it runs again, on the same kind of machine."""

    def made(machine: str, *cases: str, command: str = "one") -> dict[str, Any]:
        figures = [{"case": case, "by": command} for case in cases]
        common = {"series": {command: 1}, "crashed": {}}
        return {"machine": machine, "command": command, "figures": figures, **common}

    before = made("m", "a", "b", "c")
    merged = report.merge(before, made("m", "b", command="two"), {"b"}, ["a", "b", "c"])
    assert [(each["case"], each["by"]) for each in merged["figures"]] == [
        ("a", "one"),
        ("b", "two"),
        ("c", "one"),
    ]
    assert merged["command"] == "one; two"
    assert merged["series"] == {"one": 1, "two": 1}
    other = made("n", "b", command="two")
    assert report.merge(before, other, {"b"}, ["a", "b", "c"]) == other
    assert report.merge(None, other, {"b"}, ["a", "b", "c"]) == other
