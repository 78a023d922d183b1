"""The matrix is worth something: with each of many planted mistakes it fails, without it does not.

In: a copy of both packages. Out: green as it is; red, in a test of the matrix, with any mistake.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.property.planted import PACKAGES, ROOT

from .catalogue import FAULTS
from .matrix import MODES
from .mutations import MUTATIONS, Mutation

TIMEOUT: Final = 120
_TEST: Final = "tests/faults/test_matrix.py::test_a_fault_breaks_no_invariant"
_CHEAP: Final = "409 is a refusal"


@attrs.frozen
class Run:
    """How a part of the matrix ended."""

    status: int
    output: str = attrs.field(repr=False)

    @property
    def names_a_case(self) -> bool:
        """Whether the summary says that a case failed: in CI it may be far above the end."""
        return re.search(rf"^FAILED {re.escape(_TEST)}", self.output, re.MULTILINE) is not None

    @property
    def end(self) -> str:
        """What a reader needs of a long output."""
        return self.output[-4_000:]


def run_matrix(packages: Path, faults: Iterable[str]) -> Run:
    """Play these faults against the packages in a folder."""
    cases = [
        f"{_TEST}[{name}-{kind}-{mode}]"
        for name in faults
        for kind in ("write", "read")
        for mode in MODES
    ]
    options = ["-q", "-x", "-p", "no:cacheprovider", "-o", "pythonpath=."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *cases],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr[-1_000:])


def copied(folder: Path) -> Path:
    """A folder with a copy of both packages."""
    for name, place in PACKAGES.items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(place / name, folder / name, ignore=ignored)
    return folder


def planted(mutation: Mutation, folder: Path) -> Run:
    """Plant a mistake, and play the fault that shows it."""
    mutation.plant(copied(folder))
    return run_matrix(folder, [mutation.seen_with])


def label(mutation: Mutation) -> str:
    """The id of a test."""
    return mutation.name.replace(" ", "-")


def check(run: Run) -> None:
    """A case failed: not an import, not a fixture, not the test itself."""
    assert run.status == pytest.ExitCode.TESTS_FAILED, run.end
    assert run.names_a_case, run.end


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, "Future[Run]"]]:
    """For every mistake its run; as many at a time as there are processors."""
    wanted = {item.name for item in request.session.items}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        base = tmp_path_factory.mktemp("planted")
        yield {
            mutation.name: pool.submit(planted, mutation, base / str(number))
            for number, mutation in enumerate(MUTATIONS)
            if any(f"[{label(mutation)}]" in name for name in wanted)
        }


def test_without_a_mistake_it_is_green(tmp_path: Path) -> None:
    """A copy of the packages as they are, with the faults that show the mistakes."""
    faults = dict.fromkeys(mutation.seen_with for mutation in MUTATIONS)
    run = run_matrix(copied(tmp_path), faults)
    assert run.status == 0, run.end
    assert f"{4 * len(faults)} passed" in run.output


def test_one_mistake_turns_it_red(tmp_path: Path) -> None:
    """The short form of what follows."""
    (mutation,) = (each for each in MUTATIONS if each.name == _CHEAP)
    check(planted(mutation, tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=label)
def test_a_mistake_turns_it_red(mutation: Mutation, runs: dict[str, "Future[Run]"]) -> None:
    """Each by itself."""
    check(runs[mutation.name].result(TIMEOUT))


def test_there_are_enough_mistakes() -> None:
    """Each under a name of its own, and shown by a fault that there is."""
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 8
    assert {mutation.seen_with for mutation in MUTATIONS} <= set(FAULTS)
