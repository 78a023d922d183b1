"""The command `scripts/regenerate.py`: in place, checking, and the same bytes everywhere.

Works in copies of the project; the tree that the tests stand in is never written.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from chessa_codegen import regeneration
from chessa_codegen.document import loader
from chessa_codegen.errors import SpecError
from chessa_codegen.python import render
from tests.commands import inputs
from tests.commands import regenerate as run
from tests.marks import CI, NIGHTLY, every
from tests.memory import remembered

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("spec", "generated", "docs")


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a project that regeneration may write, caches left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for part in ("generated", "docs", "spec")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what regeneration reads and writes of the project."""
    project = tmp_path / "project"
    project.mkdir()
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, project / part, ignore=ignored)
    shutil.copy(ROOT / "generator-config.yaml", project)
    return project


@pytest.fixture
def program(copy: Path) -> Path:
    """Such a copy with the command in it."""
    shutil.copytree(ROOT / "scripts", copy / "scripts")  # bytecode is read, not made again
    return copy


@pytest.fixture(scope="module", autouse=True)
def memory() -> Iterator[None]:
    """Cache the package of the vendored document."""
    with remembered():
        yield


def launch(
    project: Path,
    *words: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command of a project, as a shell would."""
    return subprocess.run(
        [sys.executable, str(project / "scripts" / "regenerate.py"), *words],
        cwd=cwd or project,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# ---- In place, and checking ---------------------------------------------------------------------


def test_the_tree_is_what_the_spec_makes(copy: Path) -> None:
    """The committed package, reference and lock are equal to regenerated ones; --check says 0."""
    done = run(copy, "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "chessa_api is what the spec makes\n"
    assert run(copy).returncode == 0
    assert tree(copy) == tree(ROOT)


DRIFT = (
    ("chessa_api/models/order.py", "spoilt = 1\n", "differs    models/order.py"),
    ("chessa_api/models/refund.py", None, "missing    models/refund.py"),
    ("chessa_api/spec.json", None, "missing    spec.json"),
    ("chessa_api/py.typed", None, "missing    py.typed"),
    ("chessa_api/mine.py", "mine = 1\n", "unexpected mine.py"),
    ("chessa_api/models/.hidden", "", "unexpected models/.hidden"),
    ("../docs/reference/orders.md", "Mine.\n", "differs    reference/orders.md"),
    ("../docs/reference/README.md", None, "missing    reference/README.md"),
    ("../docs/reference/mine.md", "Mine.\n", "unexpected reference/mine.md"),
    ("../spec/lock.json", "{}\n", "differs    spec/lock.json"),
)


def job(project: Path) -> regeneration.Job:
    """Regeneration in place, of a copy."""
    return regeneration.Job(**inputs(project), reference=project / "docs" / "reference")


def change(path: Path, text: str | None) -> None:
    """Give a file this text, or take it away."""
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> regeneration.Made:
    """Return the package of the project's document, not to be edited."""
    return regeneration.make(job(ROOT), tmp_path_factory.mktemp("made"))


@pytest.mark.parametrize(("name", "text", "line"), [*DRIFT, ("../spec/lock.json", None, "missing")])
def test_drift_is_seen(
    copy: Path,
    made: regeneration.Made,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str | None,
    line: str,
) -> None:
    """An edited, missing or untracked file is drift, and nothing else is."""
    monkeypatch.setattr(regeneration, "make", lambda *_: made)  # no input differs
    change(copy / "generated" / name, text)
    (found,) = regeneration.drift(job(copy))
    assert found.startswith(line)


def test_drift_is_printed_and_mended(copy: Path) -> None:
    """--check names all that differs, writes nothing and exits with 1; regenerating fixes it."""
    for name, text, _ in DRIFT:
        change(copy / "generated" / name, text)
    before = tree(copy)
    done = run(copy, "--check")
    assert done.returncode == 1
    for _, _, line in DRIFT:
        assert line in done.stdout
    assert done.stdout.endswith("run `python scripts/regenerate.py`\n")
    assert tree(copy) == before
    assert run(copy).returncode == 0
    assert tree(copy) == tree(ROOT)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("spec/openapi.yaml", "Accounts API", "Account API", marks=CI),
        ("spec/overlay.yaml", "Counts, and an id", "The counts, and an id"),
        pytest.param("generator-config.yaml", "# One module", "# Just one module", marks=CI),
        ("docs/examples.toml", '"10.50"', '"10.75"'),
    ],
)
def test_a_changed_input_is_drift(copy: Path, name: str, old: str, new: str) -> None:
    """A change of the spec, the overlay or the configuration shows, be it in prose only."""
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    change(copy / name, text.replace(old, new))
    assert regeneration.drift(job(copy))


def test_a_refusal_leaves_everything_as_it_was(copy: Path) -> None:
    """A spec that cannot be used is refused, with no file changed, added or left behind."""
    spec = copy / "spec" / "openapi.yaml"
    spec.write_text(re.sub("^openapi: .*", "openapi: 9.9", spec.read_text("utf-8")), "utf-8")
    before = tree(copy)
    for words in ((), ("--check",)):
        done = run(copy, *words)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "9.9" in done.stderr
    assert tree(copy) == before
    assert sorted(path.name for path in (copy / "generated").iterdir()) == ["chessa_api"]
    assert not list((copy / "docs").glob(".*"))


@pytest.mark.ci
def test_a_broken_template_is_refused_in_words(program: Path) -> None:
    """A defect of our own ends as a message too, and with the tree as it was."""
    template = program / "scripts" / "templates" / "generator" / "model.py.jinja"
    template.write_text(template.read_text("utf-8") + "{{ nobody() }}", encoding="utf-8")
    before = tree(program)
    done = launch(program)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert tree(program) == before


def test_a_template_of_the_generator_that_moved_stops_the_run(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours replace the generator's own: when one of those changes, a person has to compare."""
    hashes = program / "scripts" / "templates" / "upstream.json"
    recorded = json.loads(hashes.read_text(encoding="utf-8"))
    recorded["model.py.jinja"] = "0" * 64
    hashes.write_text(json.dumps(recorded), encoding="utf-8")
    monkeypatch.setattr(render, "TEMPLATES", program / "scripts" / "templates")
    with pytest.raises(SpecError, match=r"model\.py\.jinja changed since ours was written"):
        regeneration.regenerate(attrs.evolve(job(program), package="again"))  # not in memory


# ---- The same bytes everywhere ------------------------------------------------------------------


ENVIRONMENTS = {
    "Turkish": {"PYTHONHASHSEED": "4242", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
    "plain": {"PYTHONHASHSEED": "0", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    "tools": {
        "PATH": "/nonexistent",
        "RUFF_CONFIG": "/nonexistent/ruff.toml",
        "RUFF_LINE_LENGTH": "60",
        "COLUMNS": "20",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    },
}


@pytest.mark.parametrize("name", every(3, ENVIRONMENTS, NIGHTLY))
def test_the_environment_changes_nothing(program: Path, tmp_path: Path, name: str) -> None:
    """Hash seed, locale, time zone, PATH, terminal and modules of the current folder do not count.

    A module of a name that the pipeline imports is neither imported nor in the way.
    """
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for module in ("ruff.py", "types.py", "json.py", "attrs.py"):
        (folder / module).write_text(f"open({str(folder / 'ran')!r}, 'w')\n", encoding="utf-8")
    done = launch(program, cwd=folder, environment=ENVIRONMENTS[name])
    assert done.returncode == 0, done.stderr
    assert not (folder / "ran").exists()
    assert tree(program) == tree(ROOT)


@pytest.mark.ci
def test_the_place_changes_nothing(program: Path, tmp_path: Path) -> None:
    """Neither the current folder nor the configuration of tools above it has a say."""
    config = "line-length = 40\n[lint]\nselect = ['ALL']\n[format]\nquote-style = 'single'\n"
    for folder in (tmp_path, program, program / "generated"):
        (folder / "ruff.toml").write_text(config, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.14"\n', "utf-8")
    (tmp_path / ".gitignore").write_text("*\n", encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = launch(program, cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    (program / "generated" / "ruff.toml").unlink()
    assert tree(program) == tree(ROOT)
    assert not list(elsewhere.iterdir())


@pytest.mark.ci
def test_a_reader_that_is_gone_is_no_crash(program: Path) -> None:
    """If the reader closes the pipe, the command ends without a message."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, str(program / "scripts" / "regenerate.py"), "--check"],
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.ci
def test_output_that_cannot_be_shown_or_read_breaks_nothing(program: Path) -> None:
    """Drift in letters that the terminal lacks is printed in escapes; a closed pipe ends it."""
    (program / "generated" / "chessa_api" / "models" / "order.py").write_text("# Zoë €\n", "utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = launch(program, "--check", environment=ascii_only)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\u20ac" in done.stdout
    command = f"'{sys.executable}' '{program}/scripts/regenerate.py' --check | true"
    piped = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (piped.returncode, piped.stderr) == (1, "")


def test_what_changed_is_said(copy: Path) -> None:
    """A run names the files that it made, changed or deleted, and the names that are not pinned."""
    spec = copy / "spec" / "openapi.yaml"
    document_ = loader.read(spec)
    responses = {"200": {"description": "OK"}}
    document_["paths"]["/v1/zebras"] = {
        "get": {"tags": ["Zebra Endpoints"], "operationId": "getAll", "responses": responses}
    }
    spec.write_text(json.dumps(document_), encoding="utf-8")
    (copy / "generated" / "chessa_api" / "models" / "mine.py").write_text("", encoding="utf-8")
    done = run(copy)
    assert done.returncode == 0, done.stderr
    for line in (
        "  new      api/zebra/get_all.py",
        "  changed  client.py",
        "  removed  models/mine.py",
        "  new      reference/zebra.md",
        "  changed  reference/README.md",
        "  zebra.get_all (GET /v1/zebras) is named by the document: pin its name",
    ):
        assert line in done.stdout


def test_only_a_package_that_is_ours_is_replaced(copy: Path) -> None:
    """A folder that lost its modules is made anew; a foreign one is not touched."""
    package = copy / "generated" / "chessa_api"
    for path in package.glob("*.py"):
        path.unlink()
    regeneration.regenerate(job(copy))
    shutil.rmtree(package)
    (package / "models" / "__pycache__").mkdir(parents=True)
    assert regeneration.drift(job(copy))
    regeneration.regenerate(job(copy))
    theirs = copy / "generated" / ".chessa_api.previous"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("mine", encoding="utf-8")
    assert run(copy).returncode == 2
    assert (theirs / "thesis.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("is_link", [False, True])
def test_only_a_reference_that_is_ours_is_replaced(copy: Path, is_link: bool) -> None:
    """A foreign folder of that name stays, and so does the package as it was."""
    pages = copy / "docs" / "reference"
    shutil.rmtree(pages)
    if is_link:
        pages.symlink_to(copy / "spec")
    else:
        pages.mkdir()
        (pages / "thesis.md").write_text("mine", encoding="utf-8")
    (copy / "generated" / "chessa_api" / "client.py").write_text("# Edited\n", encoding="utf-8")
    before = tree(copy)
    assert run(copy).returncode == 2
    assert tree(copy) == before


@pytest.mark.parametrize("seed", every(3, range(3)))
def test_the_order_of_keys_changes_nothing(copy: Path, seed: int) -> None:
    """Paths, components, methods and statuses in another order, as JSON: the same package."""
    shuffle = random.Random(seed)

    def shuffled(value: Any, *, keep: bool = False) -> Any:
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        if not isinstance(value, dict):
            return value
        keys = list(value)
        if not keep:
            shuffle.shuffle(keys)
        return {key: shuffled(value[key], keep=key == "properties") for key in keys}

    spec = copy / "spec" / "openapi.yaml"
    read = loader.read(spec)
    spec.write_text(json.dumps(shuffled(read)), encoding="utf-8")
    regeneration.regenerate(job(copy))
    after = {name: text for name, text in tree(copy).items() if name != "spec/openapi.yaml"}
    assert after == {name: text for name, text in tree(ROOT).items() if name != "spec/openapi.yaml"}


def bare(copy: Path, bootstrap: str) -> "subprocess.CompletedProcess[str]":
    """Check the copy by a Python without packages, with this script as its bootstrap."""
    script = copy / "scripts" / "bootstrap"
    script.write_text(f"#!/bin/sh\n{bootstrap}\n", encoding="utf-8")
    python = getattr(sys, "_base_executable", sys.executable)
    words = [python, "-I", "-S", str(copy / "scripts" / "regenerate.py"), "--check"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_a_bootstrap_that_fails_ends_the_command(program: Path) -> None:
    """Its message is the only one."""
    done = bare(program, "echo 'bootstrap: no registry' >&2; exit 1")
    assert (done.returncode, done.stderr) == (2, "bootstrap: no registry\n")


@pytest.mark.ci
def test_any_python_will_do(program: Path) -> None:
    """Started outside of .venv, it has ./scripts/bootstrap make that, and runs there."""
    done = bare(program, f"ln -s '{sys.prefix}' '{program}/.venv'")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "chessa_api is what the spec makes\n"


@pytest.mark.ci
def test_no_network_is_used(program: Path) -> None:
    """Regeneration opens no socket: it works where none can be opened."""
    code = (
        "import runpy, socket, sys\n"
        "def refuse(*args, **kwargs): raise OSError('no network')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        f"sys.argv = ['regenerate.py']\nrunpy.run_path({str(program / 'scripts/regenerate.py')!r},"
        " run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert tree(program) == tree(ROOT)


# ---- Other documents ----------------------------------------------------------------------------


def test_another_document_goes_where_it_is_asked(copy: Path, tmp_path: Path) -> None:
    """--spec, --overlay, --output and --package make a package and its lock, and touch no other."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /t:\n    get:\n"
        "      operationId: readThing\n      responses: {'204': {description: ''}}\n",
        encoding="utf-8",
    )
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions:\n"
        "  - {target: \"$.paths['/t'].get\", description: d, update: {tags: [odd things]}}\n",
        encoding="utf-8",
    )
    output = tmp_path / "a" / "b"
    words = ["--spec", str(spec), "--overlay", str(overlay), "--output", str(output)]
    words += ["--package", "things_api"]
    done = run(copy, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("things_api: 1 operations, 0 models, 0 enums in ")
    names = ["things_api", "things_api.lock.json", "things_api.names.json"]
    assert sorted(path.name for path in output.iterdir()) == names
    assert (output / "things_api" / "api" / "odd_things" / "read_thing.py").is_file()
    assert tree(copy) == tree(ROOT)
    assert run(copy, *words, "--check").returncode == 0
    (output / "things_api" / "client.py").unlink()
    assert run(copy, *words, "--check").returncode == 1
    assert run(copy, *words).returncode == 0
    assert run(copy, *words, "--check").returncode == 0


# ---- Cut off ------------------------------------------------------------------------------------


@pytest.fixture
def started(program: Path) -> Iterator[Any]:
    """Starts the command of a copy, and sees to it that none of it stays."""
    running: list[subprocess.Popen[bytes]] = []
    # A shell starts what runs in its background with Ctrl-C ignored, and so would its children be.
    of_ours = signal.signal(signal.SIGINT, signal.default_int_handler)

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(program / "scripts" / "regenerate.py")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running.append(process)
        return process

    yield start
    signal.signal(signal.SIGINT, of_ours)
    for process in running:
        process.kill()
        process.communicate()


def interrupted(copy: Path, started: Any, number: int) -> tuple["subprocess.Popen[bytes]", bytes]:
    """Send the command a signal once it has begun to write; return its output."""
    process: subprocess.Popen[bytes] = started()
    workshop = list[Path]()
    give_up = time.monotonic() + 30
    while not workshop and time.monotonic() < give_up:
        workshop = list((copy / "generated").glob(".regenerate-*"))
    process.send_signal(number)
    return process, process.communicate(timeout=30)[1]


@pytest.mark.ci  # ordinary runs kill it
@pytest.mark.parametrize("number", every(2, [signal.SIGTERM, signal.SIGINT], NIGHTLY))
def test_an_interruption_changes_nothing(copy: Path, started: Any, number: int) -> None:
    """Ctrl-C or a polite kill: a word, exit 130, and nothing half done or left."""
    complete = tree(copy)
    edited = copy / "generated" / "chessa_api" / "client.py"
    edited.write_text("# Edited\n", encoding="utf-8")
    before = tree(copy)
    process, errors = interrupted(copy, started, number)
    for _ in range(10):
        if tree(copy) != complete:
            break
        edited.write_text("# Edited\n", encoding="utf-8")  # it was done before the signal came
        process, errors = interrupted(copy, started, number)
    assert process.returncode == 130
    assert errors == b"interrupted; the tree is consistent\n"
    assert tree(copy) == before
    assert sorted(path.name for path in (copy / "generated").iterdir()) == ["chessa_api"]


def test_a_failure_while_swapping_changes_nothing(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Package, reference and lock go in together: when the last cannot, the first go back."""
    (copy / "generated" / "chessa_api" / "client.py").write_text("# Edited\n", encoding="utf-8")
    (copy / "docs" / "reference" / "orders.md").unlink()
    before = tree(copy)

    def refuse(path: Path, target: Path) -> None:
        raise OSError(28, "no room", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="no room"):
        regeneration.regenerate(job(copy))
    assert tree(copy) == before
    for folder in ("generated", "docs", "spec"):
        assert not list((copy / folder).glob(".*"))


@pytest.mark.parametrize("is_swapped", [False, True])
def test_a_swap_that_was_cut_off_is_finished(copy: Path, is_swapped: bool) -> None:
    """A kill between the two renames, or before the old folder was cleared, is made good."""
    generated = copy / "generated"
    (generated / ".regenerate-99999999-dead").mkdir()
    (copy / "spec" / ".lock.json.draft").write_text("{", encoding="utf-8")
    package = generated / "chessa_api"
    if is_swapped:
        shutil.copytree(package, generated / ".chessa_api.previous")
    else:
        package.rename(generated / ".chessa_api.previous")
        assert regeneration.drift(job(copy))
    (copy / "docs" / "reference").rename(copy / "docs" / ".reference.previous")
    regeneration.regenerate(job(copy))
    assert tree(copy) == tree(ROOT)
    assert [path.name for path in generated.iterdir()] == ["chessa_api"]


@pytest.mark.parametrize("delay", every(4, [0.8, 0.5, 0.9, 1.0]))
def test_a_kill_at_any_moment_is_mended_by_the_next_run(
    copy: Path, started: Any, delay: float
) -> None:
    """After a kill, the next run ends with the complete package and nothing else."""
    process = started()
    time.sleep(delay)
    process.kill()
    process.communicate()
    regeneration.regenerate(job(copy))
    assert tree(copy) == tree(ROOT)
    assert [path.name for path in (copy / "generated").iterdir()] == ["chessa_api"]
    assert not list((copy / "spec").glob(".*"))
    assert not list((copy / "docs").glob(".*"))
