"""Which tests may run beside others, and in what portions: `./scripts/test` runs two at a time.

In: the tests that were collected. Out: the marker `alone` on those whose place stands in the first
table; with `--beside yes` only the others are left, with `--beside no` only those.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

HERE: Final = Path(__file__).parent

ALONE: Final = {
    "faults": "deadlines to a quarter second; sockets, threads, memory and time that are left",
    "interruptions": "how late an exception comes out; signals, threads, garbage",
    "tools/test_http_client.py": "garbage",
    "unit/test_bodies.py": "memory, and the time that unpacking takes",
    "unit/test_callbacks.py": "how late a call ends",
    "unit/test_client_life.py": "threads and tasks that close while others call",
    "unit/test_connecting.py": "how late a call ends",
    "unit/test_direct.py": "how late a call ends",
    "unit/test_connections.py": "descriptors, threads, forks, signals, garbage",
    "unit/test_early_bytes.py": "what comes some time before a request",
    "unit/test_journal_async.py": "how late a call ends",
    "unit/test_keepalive.py": "memory",
    "unit/test_names.py": "how late a call ends",
    "unit/test_pool.py": "how late a call ends",
    "unit/test_strays.py": "what comes some time after an answer",
    "unit/test_tls.py": "how late a call ends",
    "unit/test_transport_faults.py": "how late a call ends, and memory",
    "unit/test_tls_stream.py": "how late a call ends",
}
"""Folders and files: what they measure, and a neighbour would change."""

SINGLY: Final = (
    "packaging/test_environments.py",
    "pipeline/test_fresh_clone.py",
    "property/test_planted_bugs.py",
    "flows/test_stateful.py",
    "tracking/test_update.py",
    "tracking/test_update_stops.py",
    "sandbox/test_schemathesis.py",
    "pipeline/test_regenerate.py",
)
"""Files whose tests are long and share little: they go first, and each to whoever is free. Any
other file goes to one process as a whole, with the fixtures and strategies that its tests share."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--beside`: one of the two kinds. Without it pytest runs both, as ever."""
    words = "only the tests that may run beside others (yes), or only those that may not (no)"
    parser.addoption("--beside", choices=("yes", "no"), help=words)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by the markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark, choose, and put the long ones first: the end finds both processes at work."""
    for item in items:
        if any(place in ALONE for place in _places(item)):
            item.add_marker("alone")
    if (beside := config.getoption("beside")) is None:
        return
    chosen: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        is_beside = item.get_closest_marker("alone") is None
        chosen[is_beside == (beside == "yes")].append(item)
    config.hook.pytest_deselected(items=chosen[False])
    items[:] = sorted(chosen[True], key=_turn)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which has no types
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Any:
    """Portions are files, but for those whose tests go singly; in the order of the queue."""
    config.option.loadscopereorder = False
    scheduling: Any = import_module("xdist.scheduler").LoadScopeScheduling(config, log)
    scheduling._split_scope = _portion
    return scheduling


def _portion(nodeid: str) -> str:
    """What goes to one process with this test, by name."""
    file = nodeid.partition("::")[0]
    return nodeid if file.removeprefix("tests/") in SINGLY else file


def _places(item: pytest.Item) -> tuple[str, ...]:
    """The file of a test, and its folder."""
    path = item.path.relative_to(HERE)
    return path.as_posix(), path.parts[0]


def _turn(item: pytest.Item) -> int:
    """The place in the queue."""
    file, _ = _places(item)
    return SINGLY.index(file) if file in SINGLY else len(SINGLY)
