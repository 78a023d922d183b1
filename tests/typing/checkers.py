"""mypy --strict and pyright strict over users' code.

The modules stand in a project
of their own, whose environment is the one of the tests with this tree installed: both packages
count as installed and typed, as they do for users.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

ROOT: Final = Path(__file__).resolve().parents[2]

Place: TypeAlias = tuple[str, int]
"""File and line."""
Said: TypeAlias = dict[Place, dict[str, str]]
"""At each place, by the name of the rule, what is wrong."""

_ALONE: Final = (
    "--config-file=",
    f"--cache-dir={ROOT / '.mypy_cache' / 'users'}",
    "--explicit-package-bases",
)
_MARK: Final = re.compile(r"  # refused: (?P<mypy>[\w-]+) (?P<pyright>\w+)$")


def marks(modules: Mapping[str, str]) -> dict[Place, dict[str, str]]:
    """Return the rules of the marks `# refused: CODE-OF-MYPY ruleOfPyright`, by place."""
    found: dict[Place, dict[str, str]] = {}
    for name, text in modules.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if mark := _MARK.search(line):
                found[name, number] = mark.groupdict()
            else:
                assert "# refused" not in line, f"{name}:{number}: this mark cannot be read"
    return found


def check(checker: str, project: Path, modules: Mapping[str, str]) -> Said:
    """Put the modules into a new project, and ask a checker about all of it."""
    for name, text in modules.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    python = _environment(project.with_name("environment"))
    if checker == "mypy":
        options = ["--strict", "--output=json", f"--python-executable={python}", *_ALONE, "."]
        return _said_by_mypy(_run(project, ["mypy", *options]))
    settings = {"typeCheckingMode": "strict", "include": sorted(modules)}
    (project / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    output = _run(project, ["pyright", "--outputjson", f"--pythonpath={python}"])
    return _said_by_pyright(output, project)


def _environment(folder: Path) -> str:
    """Make an environment like that of the tests, with this tree installed."""
    venv.create(folder, symlinks=os.name != "nt")
    paths = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    installed = (ROOT / "generated", ROOT / "overrides", sysconfig.get_path("purelib"))
    (site / "tree.pth").write_text("".join(f"{path}\n" for path in installed), encoding="utf-8")
    return str(Path(sysconfig.get_path("scripts", "venv", paths)) / Path(sys.executable).name)


def _run(project: Path, command: list[str]) -> str:
    ours = ("MYPY", "PYTHON", "PYRIGHT")  # settings of the machine
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert not done.stderr
    return done.stdout


def _said_by_mypy(output: str) -> Said:
    said: Said = defaultdict(dict)
    for line in output.splitlines():
        each = json.loads(line)
        if each["severity"] != "note":
            said[Path(each["file"]).as_posix(), each["line"]][each["code"]] = each["message"]
    return said


def _said_by_pyright(output: str, project: Path) -> Said:
    said: Said = defaultdict(dict)
    for each in json.loads(output)["generalDiagnostics"]:
        name = Path(each["file"]).resolve().relative_to(project.resolve()).as_posix()
        said[name, each["range"]["start"]["line"] + 1][each.get("rule", "")] = each["message"]
    return said
