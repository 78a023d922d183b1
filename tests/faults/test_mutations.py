"""The matrix is worth something: with each of many planted mistakes it fails, without it does not.

A few mistakes that no fault of the wire shows are seen by tests of their own.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.planting import PACKAGES, TIMEOUT, Run, run_tests

from .catalogue import FAULTS
from .matrix import modes
from .mutations import MUTATIONS, Mutation

_TEST: Final = "tests/faults/test_matrix.py::test_a_fault_breaks_no_invariant"
_CHEAP: Final = "409 is a refusal"


def run_matrix(packages: Path, faults: Iterable[str]) -> Run:
    """Play these faults against the packages in a folder."""
    cases = [
        f"{_TEST}[{name}-{kind}-{mode}]"
        for name in faults
        for kind in ("write", "read")
        for mode in modes(is_read=kind == "read")
    ]
    return run_tests(packages, *cases)


def copied(folder: Path) -> Path:
    """A folder with a copy of both packages."""
    for name, place in PACKAGES.items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(place / name, folder / name, ignore=ignored)
    return folder


def planted(mutation: Mutation, folder: Path) -> Run:
    """Plant a mistake, and play the fault, or run the test, that shows it."""
    mutation.plant(copied(folder))
    if not mutation.is_seen_by_a_fault:
        return run_tests(folder, mutation.seen_with)
    return run_matrix(folder, [mutation.seen_with])


def seen_in(mutation: Mutation) -> str:
    """Return the test that has to fail."""
    return _TEST if mutation.is_seen_by_a_fault else mutation.seen_with


def label(mutation: Mutation) -> str:
    """The id of a test."""
    return mutation.name.replace(" ", "-")


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


@pytest.mark.ci
def test_without_a_mistake_it_is_green(tmp_path: Path) -> None:
    """A copy of the packages as they are, with the faults that show the mistakes."""
    faults = dict.fromkeys(each.seen_with for each in MUTATIONS if each.is_seen_by_a_fault)
    tests = [each.seen_with for each in MUTATIONS if not each.is_seen_by_a_fault]
    run = run_matrix(copied(tmp_path), faults)
    run.check_green()
    run_tests(tmp_path, *tests).check_green()
    calls = sum(len(modes(is_read=is_read)) for is_read in (False, True))
    assert f"{calls * len(faults)} passed" in run.output


def test_one_mistake_turns_it_red(tmp_path: Path) -> None:
    """The short form of what follows."""
    (mutation,) = (each for each in MUTATIONS if each.name == _CHEAP)
    planted(mutation, tmp_path).check_red(_TEST)


@pytest.mark.nightly
@pytest.mark.parametrize("mutation", MUTATIONS, ids=label)
def test_a_mistake_turns_it_red(mutation: Mutation, runs: dict[str, "Future[Run]"]) -> None:
    """Each by itself."""
    runs[mutation.name].result(TIMEOUT).check_red(seen_in(mutation))


def test_there_are_enough_mistakes() -> None:
    """Each under a name of its own, and shown by a fault that there is."""
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 8
    assert {each.seen_with for each in MUTATIONS if each.is_seen_by_a_fault} <= set(FAULTS)
