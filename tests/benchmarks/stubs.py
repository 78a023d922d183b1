"""Functions for tests of the command: one that measures at once, and one that crashes."""

from benchmarks.run import Run


def measure(run: Run) -> None:
    """Add a figure with a target, one for the record, one that is skipped, and a series."""
    run.compare("wall", "httpx", "µs", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    run.compare("wall", "raw socket", "µs", [1.0], [0.5])
    run.skip("wall", "openapi-generator", "no Java")
    run.series["curve"] = {"places": [1.0, 10.0], "lines": {"a line": [2.0, 3.0]}}


def crash(_: Run) -> None:
    """Raise."""
    raise RuntimeError("it crashed, as it should")
