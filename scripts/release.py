"""Build a release and prove it. ./scripts/release runs it, and says what its options do."""

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
RELEASE: Final = ROOT / "dist" / "release"
PACKAGES: Final = RELEASE / "packages"  # what is uploaded
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
_BIN: Final = Path(sys.executable).parent
_SMOKE: Final = """
from decimal import Decimal
from chessa.testing import sandbox
with sandbox() as api, api.client() as chessa:
    rate = chessa.rates.retrieve("USDC", "GHS").rate
    assert type(rate) is Decimal, rate
"""


class Refused(SystemExit):
    """The release is not what it should be; the text says why."""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command and return what it prints; its failure ends the release with its output."""
    done = subprocess.run(command, cwd=cwd or ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"release: {Path(command[0]).name} failed.\n{done.stdout}{done.stderr}")
    return done.stdout


def say(step: str, told: str) -> None:
    """Print one line about a step."""
    print(f"{step:<12}{told}", flush=True)


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpack(archive: Path, into: Path) -> None:
    """Unpack an archive of ours, by the filter for data where this Python has it."""
    with tarfile.open(archive) as opened:
        opened.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        opened.extractall(into)  # noqa: S202  # we made it


def build_commit(into: Path) -> list[Path]:
    """Build wheel and sdist from the commit that is checked out, and from nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        archive = Path(folder) / "tree.tar"
        run("git", "archive", "--output", archive, "HEAD")
        unpack(archive, tree)
        run(sys.executable, "-I", "-m", "hatchling", "build", "--directory", into, cwd=tree)
        return sorted(into.iterdir())


def build_twice() -> tuple[Path, Path]:
    """Build the release twice in different folders, and the wheel a third time from the sdist."""
    shutil.rmtree(RELEASE, ignore_errors=True)
    wheel, sdist = sorted(build_commit(PACKAGES), key=lambda path: path.suffix, reverse=True)
    with tempfile.TemporaryDirectory() as folder:
        for again in build_commit(Path(folder) / "again"):
            if again.read_bytes() != (PACKAGES / again.name).read_bytes():
                raise Refused(f"release: {again.name} differs when it is built a second time.")
        unpack(sdist, Path(folder))
        source = Path(folder) / sdist.name.removesuffix(".tar.gz")
        out = Path(folder) / "out"
        run(sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=source)
        if (out / wheel.name).read_bytes() != wheel.read_bytes():
            raise Refused("release: the wheel that the sdist builds differs.")
    return wheel, sdist


def check_wheel(wheel: Path) -> int:
    """Compare each file of the wheel with its RECORD, and read its list of parts."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [record] = [name for name in names if name.endswith(".dist-info/RECORD")]
        [sbom] = [name for name in names if "/sboms/" in name]
        recorded = dict(
            line.rsplit(",", 1)[0].rsplit(",", 1)
            for line in archive.read(record).decode("utf-8").splitlines()
        )
        if set(recorded) != set(names):
            raise Refused("release: the RECORD does not list the files of the wheel.")
        for name in set(names) - {record}:
            digest = hashlib.sha256(archive.read(name)).digest()
            told = "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if recorded[name] != told:
                raise Refused(f"release: {name} is not what the RECORD says.")
        return len(json.loads(archive.read(sbom))["components"])


def notes_of(version: str) -> str:
    """Return what the changelog says about a version."""
    section = rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)"
    found = re.search(section, _changelog(), re.M | re.S)
    return found[1].strip() if found else ""


def shortcomings(version: str) -> Iterator[str]:
    """Yield what keeps this commit from being uploaded."""
    if run("git", "status", "--porcelain"):
        yield "the working tree has changes, which are not in the release"
    if not notes_of(version):
        yield f"CHANGELOG.md has no section for {version}"
    elif re.search(rf"^## {re.escape(version)} \(unreleased\)", _changelog(), re.M):
        yield f"CHANGELOG.md says that {version} is unreleased: run towncrier build"
    if [path for path in (ROOT / "changelog.d").glob("*.md") if path.name != "README.md"]:
        yield "changelog.d/ has fragments: run towncrier build"
    if ".example" in (ROOT / "pyproject.toml").read_text(encoding="utf-8"):
        yield "pyproject.toml has placeholders for the project's addresses"


def _changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def audit() -> str | None:
    """Return None if no locked package has a known vulnerability, else why that is not known."""
    command = (_BIN / "pip-audit", "--disable-pip", "--require-hashes", "--format", "json")
    locked = ("--progress-spinner", "off", "-r", "requirements/dev.txt")
    done = subprocess.run(
        [*command, *locked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return f"pip-audit could not ask: {done.stderr.strip().splitlines()[-1]}"
    known = [
        f"{each['name']} {each['version']}: {', '.join(found['id'] for found in each['vulns'])}"
        for each in packages
        if each.get("vulns")
    ]
    if known:
        raise Refused("release: known vulnerabilities.\n" + "\n".join(known))
    skipped = sum("skip_reason" in each for each in packages)
    if skipped:
        return f"{skipped} of {len(packages)} packages are unknown to the service of pip-audit"
    say("audited", f"{len(packages)} locked packages without a known vulnerability")
    return None


def interpreters() -> Iterator[tuple[str, Path]]:
    """Yield each supported Python of this machine that runs and can make environments."""
    asked = (
        "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2], sys._base_executable)"
    )
    for version in PYTHONS:
        found = shutil.which(f"python{version}")
        command = (found or "", "-I", "-c", asked)
        if (
            found
            and not (done := subprocess.run(command, capture_output=True, text=True)).returncode
        ):
            told, _, path = done.stdout.strip().partition(" ")
            if told == version:
                yield version, Path(path)


def install(wheel: Path, python: Path) -> None:
    """Install the wheel with all extras into an empty environment, and make a call."""
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-I", "-m", "venv", folder)
        own = Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"
        wanted = f"{wheel}[cli,sandbox,sql]"
        run(own, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted)
        run(own, "-I", "-W", "error", "-c", _SMOKE, cwd=Path(folder))


def build(*, is_strict: bool) -> str:
    """Build and prove the release, and return its version."""
    wheel, sdist = build_twice()
    version = wheel.name.split("-")[1]
    say("built", f"{wheel.name}, {sdist.name}: twice, and from the sdist: the same bytes")
    say("parts", f"{check_wheel(wheel)} components in the list of parts; every file as in RECORD")
    run(_BIN / "twine", "check", "--strict", wheel, sdist)
    say("metadata", "valid; the README can be shown by an index")
    missing = [*shortcomings(version), *filter(None, [audit()])]
    for version_of_python, python in interpreters():
        install(wheel, python)
        say("installed", f"Python {version_of_python}, all extras, one call against the sandbox")
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in (sdist, wheel))
    (RELEASE / "SHA256SUMS").write_text(sums, encoding="utf-8")
    (RELEASE / "NOTES.md").write_text(notes_of(version) + "\n", encoding="utf-8")
    print(sums, end="")
    for each in missing:
        say("not ready" if is_strict else "note", each)
    if is_strict and missing:
        raise Refused("release: not ready to be uploaded.")
    return version


def verify(files: list[Path]) -> None:
    """Compare files with what this commit builds; name the files within a wheel that differ."""
    with tempfile.TemporaryDirectory() as folder:
        built = {path.name: path for path in build_commit(Path(folder) / "built")}
        for path in files:
            own = built.get(path.name)
            if own is None:
                raise Refused(
                    f"release: this commit builds {', '.join(built)}, and no {path.name}."
                )
            if own.read_bytes() != path.read_bytes():
                where = ", ".join(differing(own, path)) if path.suffix == ".whl" else "its bytes"
                raise Refused(f"release: {path.name} differs from what this commit builds: {where}")
            say("verified", f"{path.name} sha256 {sha256(path)}")


def differing(own: Path, other: Path) -> list[str]:
    """Return the names of the files in which two wheels differ."""
    try:
        with zipfile.ZipFile(own) as one, zipfile.ZipFile(other) as two:
            names = sorted({*one.namelist(), *two.namelist()})
            return [n for n in names if _content(one, n) != _content(two, n)] or ["its archive"]
    except zipfile.BadZipFile:
        return ["not a wheel"]


def _content(archive: zipfile.ZipFile, name: str) -> bytes | None:
    return archive.read(name) if name in archive.namelist() else None


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--dry-run", action="store_true", help="everything but the tag")
    group.add_argument("--build", action="store_true", help="the same, strictly")
    group.add_argument("--verify", nargs="+", type=Path, metavar="FILE", help="compare files")
    group.add_argument("--announce", action="store_true", help="make the GitHub release")
    options = parser.parse_args()
    if options.verify:
        verify(options.verify)
    elif options.announce:
        [wheel] = PACKAGES.glob("*.whl")
        tag = f"v{wheel.name.split('-')[1]}"
        files = (*sorted(PACKAGES.iterdir()), RELEASE / "SHA256SUMS")
        run(
            "gh",
            "release",
            "create",
            tag,
            "--verify-tag",
            "--notes-file",
            RELEASE / "NOTES.md",
            *files,
        )
    else:
        version = build(is_strict=not options.dry_run)
        if not options.dry_run and not options.build:
            run("git", "tag", "--annotate", f"v{version}", "--message", f"chessa {version}")
            run("git", "push", "origin", f"v{version}")
            say("tagged", f"v{version}: publish.yml builds it again, compares and uploads")


if __name__ == "__main__":
    main()
