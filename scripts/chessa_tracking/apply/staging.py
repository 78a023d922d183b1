"""Staging: the new tree, made and tested in a copy before any file is put in place."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import attrs

from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import Job

_NOT_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".update*", ".*_cache", ".hypothesis", "*.egg-info", "dist"
)
_SHOWN: Final = 40


@contextmanager
def staged(root: Path) -> Iterator[Path]:
    """Make a copy of the tree; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="update-") as workshop:
        copy = Path(workshop) / root.name
        shutil.copytree(root, copy, ignore=_NOT_COPIED, symlinks=True)
        yield copy


def job_in(root: Path) -> Job:
    """Return the job that makes the package of a tree in it."""
    return Job(
        spec=root / "spec" / "openapi.yaml",
        overlay=root / "spec" / "overlay.yaml",
        config=root / "generator-config.yaml",
        output=root / "generated",
        lock=root / "spec" / "lock.json",
        reference=root / "docs" / "reference",
        examples=root / "docs" / "examples.toml",
        for_client=True,
    )


def prove(root: Path) -> None:
    """Run the property tests of a tree in it. Raises `SpecError` if the package fails them."""
    results = root.with_name("property-tests.xml")
    words = ("-q", "--no-header", "-n", "2", "-p", "no:cacheprovider", f"--junitxml={results}")
    chosen = ("-m", "not ci and not nightly", "--hypothesis-profile", "proof")
    command = [sys.executable, "-m", "pytest", *words, *chosen, "tests/property"]
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise _refused(_failures(results), (done.stdout + done.stderr).splitlines()[-_SHOWN:])


@attrs.frozen(order=True)
class _Failure:
    """A property that does not hold, and of what: `Refund of orders.request_refund 200`."""

    subject: str
    holds: str
    reason: str

    @property
    def is_of_spec(self) -> bool:
        """Tell whether no value could be drawn: nothing of the package was tested then."""
        return self.reason.startswith(_NOT_DRAWN)

    @property
    def lines(self) -> tuple[str, str]:
        """Say what failed, and which of the two to check."""
        place = (
            "no value fits the schema: check the spec"
            if self.is_of_spec
            else "the package does not do what the spec says: check the pipeline"
        )
        return f"{self.subject}: {self.holds} ({place})", f"  {self.reason}"


_NOT_DRAWN: Final = tuple(
    f"{module}.{name}"
    for module, names in {
        "hypothesis.errors": ("FailedHealthCheck", "InvalidArgument", "Unsatisfiable"),
        "jsonschema.exceptions": ("SchemaError",),
        "re": ("error",),
    }.items()
    for name in names
)
_MOST_FAILURES: Final = 10


def _failures(results: Path) -> list[_Failure]:
    """Read what failed from the results in the form of JUnit; nothing if pytest did not start."""
    if not results.is_file():
        return []
    found: list[_Failure] = []
    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 - pytest wrote it
        for failed in (*case.iter("failure"), *case.iter("error")):
            name, _, subject = case.get("name", "").removesuffix("]").partition("[")
            reason = " ".join(failed.get("message", "").split())
            words = name.removeprefix("test_").replace("_", " ")
            found.append(_Failure(subject or "the package", words, reason))
    return sorted(found)


def _refused(failures: list[_Failure], output: list[str]) -> SpecError:
    more = len(failures) - _MOST_FAILURES
    told = [line for each in failures[:_MOST_FAILURES] for line in each.lines]
    told += [f"… and {more} more"] * (more > 0)
    subjects = list(dict.fromkeys(each.subject for each in failures)) or ["tests/property"]
    fixes = {True: _OF_SPEC, False: _OF_PIPELINE}
    kinds = dict.fromkeys(each.is_of_spec for each in failures) or {False: None}
    return SpecError(
        "The package that the new document makes does not pass the property tests:",
        ", ".join(subjects[:3]) + (f" and {len(subjects) - 3} more" if len(subjects) > 3 else ""),
        " ".join(fixes[each] for each in kinds),
        (*told, *output),
    )


_OF_SPEC: Final = "Correct the schema by the overlay, so that some value fits it."
_OF_PIPELINE: Final = (
    "Fix the pipeline: a property is never wrong because the vendor changed. Until then keep the "
    "operation as it was, or remove it by the overlay."
)
