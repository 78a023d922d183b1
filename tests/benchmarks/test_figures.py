"""Figures: medians, quartiles and ratios, what meets a target, and how it is all printed."""

import json

import pytest

from benchmarks import report
from benchmarks.catalogue import CASES
from benchmarks.figures import Findings, Spread, at_least, at_most, difference, ratio, skipped
from benchmarks.interleaving import Contender, interleave, turns
from benchmarks.running import Results
from benchmarks.setting import Setting
from benchmarks.targets import TARGETS
from tests.benchmarks import stubs

KEY = ("sync-read", "wall", "httpx")


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        ([7.0], Spread(7, 7, 7, 7, 7)),
        ([4.0, 2.0], Spread(3, 2, 4, 2.5, 3.5)),
        ([5.0, 1.0, 3.0, 2.0, 4.0], Spread(3, 1, 5, 2, 4)),
    ],
)
def test_a_spread_says_how_the_rounds_lie(values: list[float], spread: Spread) -> None:
    """Median, ends and quartiles, of one value at least, in whatever order they come."""
    assert Spread.of(values) == spread


def test_a_ratio_is_taken_round_by_round() -> None:
    """Rounds that were slow for both do not move it: it is no ratio of medians."""
    figure = ratio(KEY, "µs", [1.0, 10.0, 3.0], [2.0, 20.0, 2.0])
    assert figure.spread == Spread.of([0.5, 0.5, 1.5])
    assert (figure.ours, figure.theirs, figure.rounds) == (3.0, 2.0, 3)
    less = difference(KEY, "ms", [5.0, 7.0], [1.0, 1.0])
    assert less.spread == Spread.of([4.0, 6.0])


def test_a_limit_is_met_at_its_value() -> None:
    """The most and the least that will do, will do."""
    assert at_most(0.7).is_met(0.7)
    assert not at_most(0.7).is_met(0.71)
    assert at_least(2.5).is_met(2.5)
    assert not at_least(2.5).is_met(2.49)


def test_turns_alternate() -> None:
    """The order turns around with every round, so that nobody is always second."""
    names = [each.name for each in turns([Contender("a", 0), Contender("b", 0)], 3)]
    assert "".join(names) == "abbaab"


def test_a_warm_up_is_not_counted() -> None:
    """Every contender does its work in each round, and the times are of the rounds alone."""
    done: list[str] = []
    contenders = [Contender(name, lambda name=name: done.append(name)) for name in "ab"]
    times = interleave(contenders, 4, warm_up=2)
    assert (done.count("a"), done.count("b")) == (6, 6)
    assert [len(each) for each in (times["a"].wall, times["a"].cpu, times["b"].wall)] == [4, 4, 4]


def test_findings_pass_through_json() -> None:
    """What a case's process prints is what it has found."""
    found = stubs.measure(Setting())
    assert Findings.from_json(json.loads(json.dumps(found.as_json))) == found


def test_targets_are_of_cases() -> None:
    """Every target names a case that there is."""
    assert {case for case, _, _ in TARGETS} <= set(CASES)


def results() -> Results:
    """Figures of every kind, and a crash."""
    found = stubs.measure(Setting())
    figures = [
        *found.figures,
        ratio(("writes", "200 in flight", "httpx, pooled"), "calls", [1234.5], [1000.0]),
        difference(("import", "import chessa", "bare interpreter"), "ms", [30.0], [16.0]),
        skipped(("soak", "memory, sync", "after the warm-up"), "no /proc"),
    ]
    return Results({"sync-read": Findings(figures, found.series)}, {"decode": "exit status 1"})


def test_the_table_has_a_line_for_every_figure() -> None:
    """Columns, and a word on what is to be reached: met, not met, skipped, crashed, or nothing."""
    lines = report.table(report.rows(results(), TARGETS)).splitlines()
    cells = [" ".join(line.split()) for line in lines]
    assert cells == [
        "case what against ours theirs ratio min – max to reach",
        "sync-read wall httpx 2.00 µs 2.00 µs 1.00 0.50 – 1.50 ≤ 0.85 not met",
        "sync-read wall raw socket 1.00 µs 0.50 µs 2.00 2.00 – 2.00",
        "sync-read wall openapi-generator skipped: no Java",
        "writes 200 in flight httpx, pooled 1,234 calls 1,000 calls 1.23 1.23 – 1.23 ≥ 2 not met",
        "import import chessa bare interpreter 30.0 ms 16.0 ms +14.0 ms +14.0 – +14.0 ≤ 15 ms met",
        "soak memory, sync after the warm-up ≤ 5 skipped: no /proc",
        "decode crashed: exit status 1",
    ]


def test_markdown_is_a_table() -> None:
    """A head, a rule, and as many cells in every line."""
    lines = report.markdown(report.rows(results(), TARGETS)).splitlines()
    assert {line.count(" | ") for line in lines} == {len(report.HEADS) - 1}
    assert lines[0].startswith("| case | what | against |")
    assert lines[1].startswith("| --- | --- | --- | ---: |")


def test_the_document_holds_what_the_table_does() -> None:
    """Per figure: medians, ratio with its spread, rounds, target, verdict; null where there is
    none. It is JSON, and names the command and the machine."""
    document = report.document(
        results(), TARGETS, command="python -m benchmarks", machine={"cores": 2}
    )
    assert json.loads(report.text_of(document)) == document
    assert (document["command"], document["machine"]) == ("python -m benchmarks", {"cores": 2})
    assert document["crashed"] == {"decode": "exit status 1"}
    assert document["series"] == {"curve": {"places": [1.0, 10.0], "lines": {"a line": [2.0, 3.0]}}}
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
    assert (third["ratio"], third["met"], third["skipped"]) == (None, None, "no Java")
    assert (fifth["difference"]["median"], fifth["met"]) == (14.0, True)
