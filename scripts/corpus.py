"""Generate a package of every OpenAPI document in a folder, and count the outcomes.

Each package is imported with warnings as errors, and instances of each of its models are read and
written back. `--types` also runs mypy --strict over all of them. Exit status: 0, or 1 where a
document fails in another way than by a refusal with its reason. `scripts/corpus.json` names public
documents by repository, commit, path and SHA-256; those that are not in the folder are listed.
"""

import argparse
import collections
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent))

import attrs

from chessa_codegen.document import files
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import types
from chessa_codegen.ir.plan import Plan
from chessa_codegen.ir.types import Shape
from chessa_codegen.regeneration import ROOT, effective_document, make_package
from chessa_codegen.validate.repair import operations

KNOWN: Final = Path(__file__).with_name("corpus.json")
CONFIG: Final = ROOT / "generator-config.yaml"
ROUND_TRIP: Final = """
import importlib, json, pathlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(package.__path__, f"{sys.argv[1]}."):
    importlib.import_module(found.name)
models = importlib.import_module(f"{sys.argv[1]}.models")
for name, raw in json.loads(pathlib.Path(sys.argv[2]).read_text("utf-8")):
    written = getattr(models, name).from_dict(raw).to_dict()
    if written != raw:
        sys.exit(f"{name}: {raw!r} came back as {written!r}")
"""


@attrs.define
class Result:
    """The outcome of one document."""

    name: str
    operations: int = 0
    delivered: int = 0
    refused: str = ""
    failed: str = ""
    left_out: list[str] = attrs.field(factory=list[str])
    seconds: float = 0.0


def main() -> int:
    """Run over a folder; print a line for each document and the sums."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--types", action="store_true", help="run mypy --strict over the packages")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    options = parser.parse_args()
    files = [f for f in sorted(options.folder.iterdir()) if f.suffix in (".json", ".yaml", ".yml")]
    with tempfile.TemporaryDirectory(prefix="corpus-") as workshop:
        results = list(_run(files, Path(workshop)))
        wrong = _types(Path(workshop)) if options.types else ""
    if options.json:
        text = json.dumps([attrs.asdict(each) for each in results], indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    _show_sums(results)
    _show_missing(files)
    if wrong:
        print(wrong)
    return 1 if wrong or any(each.failed for each in results) else 0


def _run(files: list[Path], workshop: Path) -> Iterator[Result]:
    for number, file in enumerate(files):
        result = Result(file.name)
        begin = time.monotonic()
        try:
            _generate(file, workshop, f"package_{number}", result)
        except SpecError as error:
            result.refused = f"{error.what} ({error.where})"
        except Exception as error:  # noqa: BLE001  # the next document is tried all the same
            result.failed = f"{type(error).__name__}: {error}"
        result.seconds = round(time.monotonic() - begin, 2)
        what = result.failed or result.refused
        print(
            f"{result.delivered:5d} of {result.operations:<5d}{result.seconds:7.1f} s  {file.name}"
            f"{f'  {what}'[:200]}",
            flush=True,
        )
        yield result


def _generate(file: Path, workshop: Path, package: str, result: Result) -> None:
    document = files.read_whole(file)
    result.operations = sum(1 for _ in operations(document))
    found = make_package(effective_document(document, None), workshop / package, CONFIG)
    result.delivered = sum(len(resource.operations) for resource in found.plan.resources)
    result.left_out = [each.text for each in found.findings if each.kind != "corrected"]
    samples = workshop / f"{package}.json"
    samples.write_text(json.dumps(list(_samples(found.plan))), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ROUND_TRIP, package, str(samples)],
        env={**os.environ, "PYTHONPATH": str(workshop)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        result.failed = done.stderr.strip()[-400:]


def _types(workshop: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(workshop)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout[-2000:] if done.returncode else ""


def _show_sums(results: list[Result]) -> None:
    made = [each for each in results if not each.refused and not each.failed]
    delivered = sum(each.delivered for each in made)
    wanted = sum(each.operations for each in results)
    print(f"{len(made)} of {len(results)} documents, {delivered} of {wanted} operations")
    reasons = collections.Counter(
        text.partition(": ")[2][:90] for each in results for text in each.left_out
    )
    for reason, count in reasons.most_common(20):
        print(f"{count:6d}  {reason}")


def _show_missing(files: list[Path]) -> None:
    """Print the known documents that are not in the folder, and how many are."""
    here = {hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    known: dict[str, dict[str, str]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    all_of_them = [
        (digest, f"{source}:{path}") for source in known for path, digest in known[source].items()
    ]
    missing = [name for digest, name in all_of_them if digest not in here]
    print(f"{len(all_of_them) - len(missing)} of {len(all_of_them)} known documents are here")
    for name in missing:
        print(f"        {name}")


# ---- Instances of models ------------------------------------------------------------------------


def _samples(plan: Plan) -> Iterator[tuple[str, Any]]:
    """Yield instances of each model: with all its fields, and with some of them."""
    models = {model.name: model for model in plan.models}
    enums = {enum.name: enum for enum in plan.enums}
    source = random.Random(0)  # noqa: S311  # drawn alike each time

    def value(shape: Shape, depth: int) -> Any:
        match shape:
            case types.Constant(_, constant):
                return constant
            case types.ModelRef(name):
                return instance(name, depth - 1)
            case types.EnumRef(name, _):
                return source.choice(enums[name].values)
            case types.Array(item):
                return [value(item, depth - 1) for _ in range(2)] if depth > 0 else []
            case types.Tuple(items):
                return [value(item, depth - 1) for item in items]
            case types.Dictionary(inner):
                return {"key": value(inner, depth - 1)} if depth > 0 else {}
            case types.Nullable(inner):
                return None if depth <= 0 or source.random() < 0.3 else value(inner, depth)
            case types.Union(kinds):
                flat = [kind for kind in kinds if not list(types.named(kind))]
                return value(source.choice(flat if flat and depth <= 0 else kinds), depth)
            case types.Recursive(_, inner):
                return value(inner, depth)
            case _:
                return _SCALARS.get(shape, "text")

    def instance(name: str, depth: int) -> dict[str, Any]:
        fields = models[name].fields
        return {
            field.key: value(field.shape, depth)
            for field in fields
            if field.required or (depth > 0 and source.random() < 0.8)
        }

    for name in models:
        for depth in (1, 2, 4):
            with contextlib.suppress(RecursionError):  # it must hold one of its own class
                yield name, instance(name, depth)


_SCALARS: Final[dict[Shape, Any]] = {
    types.DATE_TIME: "2025-01-02T03:04:05Z",
    types.DATE: "2025-01-02",
    types.DECIMAL: "1.50",
    types.NUMBER: 2.5,
    types.INTEGER: 7,
    types.BOOLEAN: True,
    types.NULL: None,
    types.JSON: {"any": ["thing", 1, None]},
}


if __name__ == "__main__":
    sys.exit(main())
