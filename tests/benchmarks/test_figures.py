"""Figures: medians, quartiles and ratios, their targets, and how they are printed."""

from typing import Any

import pytest

from benchmarks import report
from benchmarks.catalogue import CASES
from benchmarks.run import Run, interleave
from benchmarks.targets import TARGETS, at_least, at_most, is_met
from tests.benchmarks import stubs
from tests.marks import table


@table(
    ("values", "spread"),
    [
        ([7.0], (7, 7, 7, 7, 7)),
        ([4.0, 2.0], (3, 2, 4, 2.5, 3.5)),
        ([5.0, 1.0, 3.0, 2.0, 4.0], (3, 1, 5, 2, 4)),
    ],
)
def test_a_spread_is_of_the_rounds(values: list[float], spread: tuple[float, ...]) -> None:
    """A spread has median, ends and quartiles of at least one value, in any order."""
    run = Run("decode")
    run.compare("from values", "pydantic", "ms", values, [1.0] * len(values))
    assert tuple(run.figures[0]["ratio"].values()) == spread


def test_a_ratio_is_taken_round_by_round() -> None:
    """Rounds that were slow for both do not move it: it is not a ratio of medians."""
    run = Run("decode")
    run.compare("from values", "pydantic", "ms", [1.0, 10.0, 3.0], [2.0, 20.0, 2.0])
    run.compare("from values", "pydantic", "ms", [5.0, 7.0], [1.0, 1.0], kind="difference")
    ratio, less = run.figures
    assert (ratio["ratio"]["median"], ratio["ratio"]["max"]) == (0.5, 1.5)
    assert (ratio["ours"], ratio["theirs"], ratio["rounds"]) == (3.0, 2.0, 3)
    assert (less["difference"]["min"], less["difference"]["max"]) == (4.0, 6.0)


def test_a_limit_is_met_at_its_value() -> None:
    """An upper and a lower limit are themselves allowed."""
    assert is_met(at_most(0.7), 0.7)
    assert not is_met(at_most(0.7), 0.71)
    assert is_met(at_least(2.5), 2.5)
    assert not is_met(at_least(2.5), 2.49)


def test_turns_alternate_and_a_warm_up_is_not_counted() -> None:
    """Each contender works in each round, in alternating order; times are of rounds alone."""
    done: list[str] = []
    work = {name: lambda name=name: done.append(name) for name in "ab"}
    wall, cpu = interleave(work, 4, warm_up=2)
    assert "".join(done) == "abba" * 3
    assert [len(each) for each in (wall["a"], wall["b"], cpu["a"], cpu["b"])] == [4, 4, 4, 4]


def test_targets_are_of_cases() -> None:
    """Every target names a case of the catalogue."""
    assert {case for case, _, _ in TARGETS} <= set(CASES)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return figures of every kind, and a crash."""
    read, write, loading, soak = map(Run, ("sync-read", "writes", "import", "soak"))
    stubs.measure(read)
    write.compare("200 in flight", "httpx, pooled", "calls", [1234.5], [1000.0])
    loading.compare("import chessa", "bare interpreter", "ms", [30.0], [16.0], kind="difference")
    soak.skip("memory, sync", "after the warm-up", "no /proc")
    figures = [figure for run in (read, write, loading, soak) for figure in run.figures]
    return {"figures": figures, "crashed": {"decode": "exit status 1"}}


def test_the_table_has_a_line_for_every_figure(document: dict[str, Any]) -> None:
    """A line ends with the verdict: met, not met, skipped, crashed, or nothing."""
    lines = report.text(report.rows(document)).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "case what compared with ours theirs ratio from – to to reach",
        "sync-read wall httpx 2.00 µs 2.00 µs 1.00 0.50 – 1.50 ≤ 0.85 not met",
        "sync-read wall raw socket 1.00 µs 0.50 µs 2.00 2.00 – 2.00",
        "sync-read wall openapi-generator skipped: no Java",
        "writes 200 in flight httpx, pooled 1,234 calls 1,000 calls 1.23 1.23 – 1.23 ≥ 2 not met",
        "import import chessa bare interpreter 30.0 ms 16.0 ms +14.0 ms +14.0 ms – +14.0 ms ≤ 15"
        " met",
        "soak memory, sync after the warm-up ≤ 5 skipped: no /proc",
        "decode crashed: exit status 1",
    ]


def test_markdown_is_a_table(document: dict[str, Any]) -> None:
    """Every line has as many cells as the head."""
    head, rule, *lines = report.markdown(report.rows(document)).splitlines()
    assert {line.count("|") for line in (head, rule, *lines)} == {len(report.HEADS) + 1}
    assert head.startswith("| case | what | compared with |")
    assert rule.startswith("|---|---|---|---:|")


def test_a_figure_is_complete(document: dict[str, Any]) -> None:
    """A figure has medians, ratio with its spread, rounds, target and verdict."""
    first, _, third, _, fifth, _ = document["figures"]
    assert first == {
        "case": "sync-read",
        "name": "wall",
        "unit": "µs",
        "ours": 2.0,
        "peer": "httpx",
        "theirs": 2.0,
        "ratio": {"median": 1.0, "min": 0.5, "max": 1.5, "q1": 0.75, "q3": 1.25},
        "rounds": 3,
        "to_reach": {"at_most": 0.85},
        "met": False,
        "skipped": None,
    }
    assert ("ratio" in third, third["met"], third["skipped"]) == (False, None, "no Java")
    assert (fifth["difference"]["median"], fifth["met"]) == (14.0, True)
