"""A process that imports what was generated, and calls it: nobody else does.

In: lines of JSON, a package and calls each. Out: a line each: what it did beside computing, what
its methods would send, what they made of answers, what its enums hold, or how it failed.
"""

import builtins
import contextlib
import importlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import dateutil.parser  # noqa: F401 - it makes code when it is imported, and is not looked at

from tests.pipeline.made import Package

from .payloads import CANARY
from .watch import install, watching


def main() -> None:
    """Answer until there is nothing more to do."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    install()
    warnings.simplefilter("error")
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            told = _looked_at(json.loads(line))
        answers.write(f"{json.dumps(told)}\n")
        answers.flush()


def _looked_at(asked: dict[str, Any]) -> dict[str, Any]:
    folder = Path(asked["folder"])
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]
    told: dict[str, Any] = {"events": [], "problem": "", "sent": [], "results": [], "enums": {}}
    nowhere = folder / "nothing is written"
    try:
        with watching(nowhere, code=(str(folder),)) as events:
            told["events"] = events
            package = _imported(folder)
        with watching(nowhere, code=(str(folder),), may_make_sockets=True) as events:
            told["events"] += events
            _call(package, asked, told)
    except BaseException as error:  # noqa: BLE001 - whatever it raises is what is asked for
        told["problem"] = f"{type(error).__name__}: {error}"[:500]
    if builtins.__dict__.pop(CANARY, None) is not None:
        told["events"] = [*told["events"], "a builtin was planted"]
    return told


def _imported(folder: Path) -> Package:
    importlib.invalidate_caches()
    package = Package(folder)
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        package.module(".".join(part for part in parts if part != "__init__") or "models")
    for name in package.module("models").__all__:
        package.model(name)
    return package


def _call(package: Package, asked: dict[str, Any], told: dict[str, Any]) -> None:
    for call in asked["calls"]:
        result = package.call(
            call["name"], answer=call["answer"], status=call["status"], **call["arguments"]
        )
        sent = package.sent[-1]
        told["sent"].append([sent.method, sent.path, sent.query, sent.headers, sent.body])
        dumps = package.module("exact_json").dumps
        plain = result.to_dict() if hasattr(result, "to_dict") else result
        told["results"].append(dumps(plain).decode())
    for name in asked["enums"]:
        told["enums"][name] = [member.value for member in package.model(name)]


if __name__ == "__main__":
    main()
