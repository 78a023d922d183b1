"""The workflows: they run what a developer runs, with nothing in hand that could be stolen."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.packaging.building import ROOT

FOLDER = ROOT / ".github" / "workflows"
PATHS = sorted(path for path in FOLDER.iterdir() if path.suffix in (".yml", ".yaml"))
PINNED = re.compile(r"\s*(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
SCRIPT = re.compile(r"\./(scripts/\w+|\.ci/run)( --?\w[\w-]*)*")


@pytest.fixture(params=PATHS, ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    """Return each workflow in turn."""
    found: Path = request.param
    return found


@pytest.fixture
def workflow(path: Path) -> dict[str, Any]:
    """It, read as YAML 1.2: `on` is a word there."""
    read: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return read


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every step of every job."""
    for job in workflow["jobs"].values():
        yield from job["steps"]


def test_actions_are_pinned(path: Path, workflow: dict[str, Any]) -> None:
    """Every action is one commit, with its version in a comment; a tag may be moved."""
    lines = [line for line in path.read_text("utf-8").splitlines() if "uses:" in line]
    assert len(lines) == sum("uses" in step for step in steps(workflow)) > 0
    assert not [line for line in lines if not PINNED.fullmatch(line)]


def test_permissions_are_least(workflow: dict[str, Any]) -> None:
    """No permission at the top; a job may read the source, and no more, but for the proposal."""
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        wanted = {"contents": "read"}
        if name == "propose":
            wanted = {"contents": "write", "issues": "write", "pull-requests": "write"}
        elif name == "upload":
            wanted = {"id-token": "write"}
        elif name == "announce":
            wanted = {"contents": "write"}
        assert job["permissions"] == wanted, name


def test_no_secret_is_in_reach(path: Path, workflow: dict[str, Any]) -> None:
    """The checkout leaves no token behind, no secret is named, and no fork runs with our rights."""
    checkouts = [step for step in steps(workflow) if "checkout" in step.get("uses", "")]
    assert checkouts
    for step in checkouts:
        assert step["with"]["persist-credentials"] is False
    for step in steps(workflow):
        needs_gh = step.get("run") in ("./scripts/follow --propose", "./scripts/release --announce")
        assert step.get("env", {}) == ({"GH_TOKEN": "${{ github.token }}"} if needs_gh else {})
    text = path.read_text("utf-8").replace("GH_TOKEN: ${{ github.token }}", "")
    text = text.replace("id-token: write", "")  # Trusted Publishing: checked above
    assert not re.search(r"secrets\b|\btoken\b|pull_request_target|workflow_run", text)


def test_what_may_write_runs_nothing_of_the_vendors() -> None:
    """The job that may write installs nothing: it fetches what the other one found, and says it."""
    workflow = YAML(typ="safe", pure=True).load(FOLDER / "update.yml")
    look, propose = (workflow["jobs"][name] for name in ("look", "propose"))
    assert [step["run"] for step in look["steps"] if "run" in step] == ["./scripts/follow --look"]
    uses = [step["uses"].partition("@")[0] for step in propose["steps"] if "uses" in step]
    assert uses == ["actions/checkout", "actions/download-artifact"]
    assert len(propose["steps"]) == len(uses) + 1
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}


def test_steps_only_call_scripts(workflow: dict[str, Any]) -> None:
    """Every command is a script of this project, with plain options: it can be run anywhere."""
    commands = [step["run"] for step in steps(workflow) if "run" in step]
    assert commands
    for command in commands:
        script = SCRIPT.fullmatch(command)
        assert script is not None, command
        assert os.access(ROOT / script[1], os.X_OK), command


def test_jobs_end(workflow: dict[str, Any]) -> None:
    """A job that hangs is ended, and so is one that a newer push has overtaken."""
    assert workflow["concurrency"]["cancel-in-progress"] is True
    for name, job in workflow["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 60, name


def test_every_python_is_tested() -> None:
    """ci.yml runs the checks, the tests and the demo on each Python that the classifiers name."""
    workflow = YAML(typ="safe", pure=True).load(FOLDER / "ci.yml")
    job = workflow["jobs"]["test"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    prefix = "Programming Language :: Python :: 3."
    named = [each.removeprefix(prefix) for each in project["classifiers"] if prefix in each]
    assert job["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in named]
    assert project["requires-python"] == f">=3.{named[0]}"
    assert job["env"]["PYTHON"] == "python${{ matrix.python }}"
    setup = next(step for step in job["steps"] if "setup-python" in step.get("uses", ""))
    assert setup["with"]["python-version"] == "${{ matrix.python }}"
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert {"./.ci/run", "./scripts/demo"} <= set(commands)


def test_the_longest_forms_run_every_night() -> None:
    """nightly.yml runs them on a schedule."""
    workflow = YAML(typ="safe", pure=True).load(FOLDER / "nightly.yml")
    assert "schedule" in workflow["on"]
    assert "./scripts/nightly" in [step.get("run") for step in steps(workflow)]
