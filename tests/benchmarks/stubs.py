"""Cases for tests of the command: one that measures at once, and one that crashes.

In: a setting; its part says which. Out: findings, or none.
"""

from benchmarks.figures import Findings, Series, ratio, skipped
from benchmarks.setting import Setting


def measure(setting: Setting) -> Findings:
    """A figure with a target, one for the record, and one that is skipped; or a crash."""
    if setting.part == "crashing":
        raise RuntimeError("it crashed, as it should")
    return Findings(
        [
            ratio(("sync-read", "wall", "httpx"), "µs", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]),
            ratio(("sync-read", "wall", "raw socket"), "µs", [1.0], [0.5]),
            skipped(("sync-read", "wall", "openapi-generator"), "no Java"),
        ],
        {"curve": Series([1.0, 10.0], {"a line": [2.0, 3.0]})},
    )
