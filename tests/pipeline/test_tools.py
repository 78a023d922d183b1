"""The tools behind regeneration, other than they should be: each stops the run with a message.

Another version of the generator or of ruff, a package that came out wrong, a folder half swapped.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client import Project
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

import regenerate
from chessa_codegen import atomic, regeneration, venv
from chessa_codegen.errors import SpecError
from chessa_codegen.python import formatting, render, verify
from chessa_codegen.validate import safety
from tests.marks import table
from tests.pipeline.made import answers, document, make, operation

SPEC = document({"/a": {"get": operation("a", responses=answers({"type": "string"}))}})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("openapi-python-client", "openapi-python-client 9.9 is installed, not 0.29.1"),
        ("ruff", "ruff 9.9 is installed, not 0.17.6"),
    ],
)
def test_another_version_of_a_tool_stops_the_run(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tools that shape the code are pinned: the message names both versions and what to run."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda n: "9.9" if n == name else version(n))
    spec, output = tmp_path / "spec.json", tmp_path / "output"
    spec.write_text(json.dumps(SPEC), encoding="utf-8")
    job = regeneration.Job(spec=spec, overlay=None, output=output, lock=tmp_path / "lock.json")
    with pytest.raises(SpecError, match=words) as caught:
        regeneration.regenerate(job)
    assert "./scripts/bootstrap" in str(caught.value)
    assert not list(output.glob("*"))


def test_what_the_generator_cannot_express_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning of the generator's, in parsing or in building, is an error with its text."""
    warning = GeneratorError(header="Warned", detail="of a\n  part")
    words = "openapi-python-client cannot express the document: Warned of a part"
    with monkeypatch.context() as patch:
        patch.setattr(GeneratorData, "from_dict", lambda *_, **__: warning)
        with pytest.raises(SpecError, match=words):
            make(tmp_path, SPEC)
    monkeypatch.setattr(Project, "build", lambda project: [warning])
    with pytest.raises(SpecError, match=words):
        make(tmp_path, SPEC)
    assert not list(tmp_path.glob("output_*/*"))


def test_a_class_that_the_generator_loses_stops_the_run() -> None:
    """Fewer files than classes, or two classes in one, are noticed before anything is written."""
    plan: Any = type("Plan", (), {"models": ["a", "b"], "enums": []})
    for modules in ({"A": "a"}, {"A": "a", "B": "a"}):
        with pytest.raises(SpecError, match="Two classes would share one file"):
            render._check_nothing_lost(plan, modules)
    render._check_nothing_lost(plan, {"A": "a", "B": "b"})


def test_a_configuration_of_the_generator_that_is_none(tmp_path: Path) -> None:
    """A file that its reader does not take is refused by name."""
    config = tmp_path / "config.yaml"
    config.write_text("class_overrides: 7\n", encoding="utf-8")
    small = document({"/a": {"get": operation("a")}})
    with pytest.raises(SpecError, match="configuration cannot be used") as caught:
        regeneration.make_package(small, tmp_path / "made", config)
    assert "config.yaml" in str(caught.value)


def test_code_that_ruff_cannot_read_stops_the_run(tmp_path: Path) -> None:
    """Output that is not Python is rejected; the message holds the text of ruff."""
    (tmp_path / "broken.py").write_text("def broken(:\n", encoding="utf-8")
    with pytest.raises(SpecError, match="ruff format failed on the generated code") as caught:
        formatting.format_package(tmp_path)
    assert "broken.py" in str(caught.value)


@table(
    ("name", "text", "problem"),
    [
        ("models/mine.txt", "", "the unexpected file models/mine.txt"),
        ("models/1st.py", "", "the unexpected file models/1st.py"),
        ("extra.py", "", "the unexpected file extra.py"),
        ("api/things/deep/er.py", "", "the unexpected file api/things/deep/er.py"),
        ("models/thing.py", "class Thing(:", "models/thing.py, which is not Python"),
        ("models/thing.py", "x = '\0'", "models/thing.py, which is not Python"),
        ("models/thing.py", "import httpx", "models/thing.py, which imports httpx"),
        ("models/thing.py", "from chessa import x", "models/thing.py, which imports chessa"),
        ("models/thing.py", "def f():\n    import requests", "which imports requests"),
        ("models/thing.py", "for x in []: pass", "which runs a For when imported"),
        ("models/thing.py", "print()", "which runs an expression when imported"),
        ("client.py", "import anyio", "client.py, which imports anyio"),
    ],
)
def test_a_package_that_came_out_wrong_is_not_let_in(
    name: str, text: str, problem: str, tmp_path: Path
) -> None:
    """Files, imports and statements are held to lists; the first that is on none is named."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        verify.check_output(tmp_path)
    assert problem in str(caught.value)


@table("character", ["\x07", "\x7f", "\ud800", "\r"])
def test_no_control_character_gets_past_the_gate(character: str) -> None:
    """The gate holds by itself what the reader of files holds before it."""
    spec = {**SPEC, "info": {"title": "T", "version": f"1{character}"}}
    with pytest.raises(SpecError, match=rf"control character U\+{ord(character):04X}") as caught:
        safety.check_document(spec)
    assert "#/info/version" in str(caught.value)


# ---- Folders ------------------------------------------------------------------------------------


def folders(parent: Path) -> tuple[Path, Path]:
    """A folder that is to be put in place, and the one that stands there."""
    new, target = parent / "new", parent / "target"
    for folder in (new, target):
        folder.mkdir()
        (folder / "file").write_text(folder.name, encoding="utf-8")
    return new, target


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_what_fails_while_swapped_is_swapped_back(error: BaseException, tmp_path: Path) -> None:
    """Both folders stand where they stood, and the failure comes out."""
    new, target = folders(tmp_path)

    def fail() -> None:
        with atomic.swapped(new, target):
            assert (target / "file").read_text() == "new"
            raise error

    with pytest.raises(type(error)):
        fail()
    assert [(each / "file").read_text() for each in (new, target)] == ["new", "target"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "target"]


def test_a_swap_that_cannot_begin_leaves_all_in_place(tmp_path: Path) -> None:
    """If the new folder cannot be moved, the old one is put back."""
    new, target = folders(tmp_path)
    (new / "file").unlink()
    new.rmdir()
    with pytest.raises(OSError, match="new"), atomic.swapped(new, target):
        raise AssertionError("it was swapped")
    assert (target / "file").read_text() == "target"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_what_fails_where_nothing_stood_leaves_nothing(tmp_path: Path) -> None:
    """The first folder of its name is taken out of place again."""
    new, target = folders(tmp_path)
    (target / "file").unlink()
    target.rmdir()

    def fail() -> None:
        with atomic.swapped(new, target):
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert (new / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_only_the_workshops_of_killed_runs_are_cleared(tmp_path: Path) -> None:
    """One of a process that is there, or whose name says nothing, is not ours to take away."""
    gone = 2**22 + 1  # above what Linux and macOS number processes with
    kept = [f".regenerate-{os.getpid()}-a", ".regenerate-x-b", f".regenerate-{10**30}-c"]
    for name in (*kept, f".regenerate-{gone}-d"):
        (tmp_path / name).mkdir()
    atomic.recover(tmp_path / "target", lambda _: True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_line_endings_are_a_difference_of_their_own(tmp_path: Path) -> None:
    """A checkout that changed them is told so, and not shown every line."""
    ours, theirs = folders(tmp_path)
    (ours / "file").write_bytes(b"a\r\nb\r\n")
    (theirs / "file").write_bytes(b"a\nb\n")
    assert atomic.differences(ours, theirs) == ["differs    file\n    in its line endings only"]


# ---- The environment ----------------------------------------------------------------------------


class StartedError(Exception):
    """In place of the program that `execv` would become."""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[list[str]]]:
    """A Python without the packages, and a bootstrap that ends with a status: what they run."""

    def prepare(status: int) -> list[list[str]]:
        ran: list[list[str]] = []

        def run(words: list[str], **_: Any) -> Any:
            ran.append(words)
            return type("Done", (), {"returncode": status})

        def execv(path: str, words: list[str]) -> None:
            ran.append([path, *words])
            raise StartedError

        monkeypatch.setattr(venv, "_NEEDED", ("no_such_package.at_all",))
        monkeypatch.setattr("subprocess.run", run)
        monkeypatch.setattr("os.execv", execv)
        monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
        monkeypatch.setattr(sys, "argv", ["scripts/regenerate.py", "--check"])
        return ran

    return prepare


def test_without_its_packages_a_script_starts_over(bare: Callable[[int], list[list[str]]]) -> None:
    """Bootstrap makes .venv, and the same command runs in it, arguments and all."""
    ran = bare(0)
    with pytest.raises(StartedError):
        venv.enter()
    python = str(venv._ROOT / ".venv" / "bin" / "python")
    bootstrap = str(venv._ROOT / "scripts" / "bootstrap")
    assert ran == [[bootstrap], [python, python, "scripts/regenerate.py", "--check"]]


def test_without_an_environment_a_script_stops(bare: Callable[[int], list[list[str]]]) -> None:
    """Bootstrap has said what is wrong: exit 2, and nothing runs."""
    ran = bare(1)
    with pytest.raises(SystemExit) as caught:
        venv.enter()
    assert (caught.value.code, len(ran)) == (2, 1)


def test_an_environment_that_is_not_whole_does_not_start_over_for_ever(
    bare: Callable[[int], list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In .venv already, and a package is missing: it says to delete the folder."""
    ran = bare(0)
    python = str(venv._ROOT / ".venv" / "bin" / "python")
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(SystemExit, match="delete the folder"):
        venv.enter()
    assert ran == []


def test_the_command_writes_to_any_stream(tmp_path: Path) -> None:
    """Called by another program it prints to whatever stands in for the terminal."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(SPEC), encoding="utf-8")
    words = ["--spec", str(spec), "--no-overlay", "--output", str(tmp_path), "--package", "made"]
    printed, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
        assert regenerate.main(words) == 0
        assert regenerate.main([*words, "--check"]) == 0
    assert printed.getvalue().startswith("made: 1 operations, 0 models, 0 enums in ")
    assert printed.getvalue().endswith("made is what the spec makes\n")
    assert complaints.getvalue() == ""


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_lock_that_is_no_file_is_not_replaced(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If something else has the lock's name nothing is written, and it is named."""
    spec, lock = tmp_path / "spec.json", tmp_path / "made.lock.json"
    spec.write_text(json.dumps(SPEC), encoding="utf-8")
    if kind == "folder":
        lock.mkdir()
    else:
        lock.symlink_to(spec)
    words = ["--spec", str(spec), "--no-overlay", "--output", str(tmp_path), "--package", "made"]
    assert regenerate.main(words) == 2
    assert "made.lock.json exists and is not a file" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made.lock.json", "spec.json"]
    assert json.loads(spec.read_text("utf-8")) == SPEC
