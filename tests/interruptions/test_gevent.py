"""Under gevent: `gevent.Timeout` comes out of a call as itself, and calls run at the same time."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.marks import needs, table

pytestmark = needs("gevent")

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = Path(__file__).with_name("gevent_program.py")
ERRORS: Final = ("TimeLimitError", "TimeoutError", "OSError", "RuntimeError")
HOSTS: Final = ("127.0.0.1", "localhost")


@functools.cache
def _report() -> dict[str, Any]:
    """Run the program once, and return what it printed."""
    path = os.pathsep.join(str(ROOT / name) for name in ("generated", "overrides"))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report(part: str, host: str) -> dict[str, Any]:
    """Return a part of what the program printed."""
    found: dict[str, Any] = _report()[f"{part} {host}"]
    return found


@table("host", HOSTS)
@table("error", [*ERRORS, "NoneType"])
@table("kind", ["read", "write", "wait"])
def test_a_time_limit_comes_out_as_itself(kind: str, error: str, host: str) -> None:
    """The exception given to `gevent.Timeout` comes out in time, of a read, a write and a flow."""
    ended = report("limits", host)[f"{kind} {error}"]
    assert ended["raised"] == ("Timeout" if error == "NoneType" else error)
    assert ended["late"] <= 0.25


@table("host", HOSTS)
@table("error", [*ERRORS, "NoneType"])
def test_a_limited_write_says_what_is_known(error: str, host: str) -> None:
    """The server received the write once: the note and the closing record say UNKNOWN."""
    ended = report("limits", host)[f"write {error}"]
    assert ended["received"] == 1
    assert [note for note in ended["notes"] if "in flight" in note]
    assert ended["records"] == [["opened", None], ["closed", "unknown"]]


@pytest.mark.parametrize("host", HOSTS)
def test_greenlets_read_at_the_same_time(host: str) -> None:
    """Ten reads take about as long as one, with a name that has to be resolved as well."""
    took = report("concurrent", host)
    assert all(took["right"])
    assert len(took["right"]) == 10
    assert took["several"] < 3 * took["one"]
