"""One case, or a part of one, in this process: `python -m benchmarks.case MODULE [PART] [--quick]`.

In: the name of its module. Out: its findings, as JSON on stdout.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence

from .setting import Setting


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.case")
    parser.add_argument("module")
    parser.add_argument("part", nargs="?", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(words)
    module = importlib.import_module(options.module)
    findings = module.measure(Setting(quick=options.quick, part=options.part))
    json.dump(findings.as_json, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
