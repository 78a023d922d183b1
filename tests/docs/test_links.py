"""Targets in the documentation exist: pages, headings, files, commands, options, extras."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

from tests.docs.pages import PAGES, ROOT, anchors, links, name_of, read
from tests.marks import table

TEXTS = {name_of(page): page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXTS.values())


@table("page", PAGES)
def test_relative_links_resolve(page: Path) -> None:
    """Each link leads to a file of the project, and to a heading where it names one."""
    broken: list[str] = []
    for link in links(read(page)):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), link
            continue
        target = (page.parent / path).resolve() if path else page
        is_there = target.is_relative_to(ROOT) and target.exists()
        if not is_there or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_is_linked() -> None:
    """Another page links to each page of docs/."""
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in links(read(page))
    }
    assert not [name_of(page) for page in PAGES if page.parent != ROOT and page not in linked]


@table("path", sorted(set(re.findall(r"\./scripts/\w+|scripts/\w+\.py", ALL))))
def test_commands_exist(path: str) -> None:
    """Every script that a page names is there, and can be run."""
    assert os.access(ROOT / path, os.X_OK)


def test_paths_exist() -> None:
    """Every path that a page names within the folders of the project is there."""
    parts = "spec|generated|overrides|scripts|tests|benchmarks|docs|examples|requirements"
    named = set(re.findall(rf"`((?:{parts})/(?!\.)[\w./-]*)`", ALL))  # .venv is not of the tree
    assert len(named) > 50
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@table("line", sorted(set(re.findall(r"python (scripts/\w+\.py[^`\n]*)", ALL))))
def test_options_exist(line: str) -> None:
    """Every option of a script that a page names is one of that script."""
    script, *options = shlex.split(line.partition("  ")[0], comments=True)
    for option in options:
        assert not option.startswith("-") or option in help_of(script)


def help_of(script: str) -> str:
    """Return the help of a script."""
    text: str = import_module(Path(script).stem)._parser().format_help()
    return text


def test_the_sandbox_can_be_served() -> None:
    """`python -m chessa.testing --port` is a command with that option."""
    assert "python -m chessa.testing --port 8080" in ALL
    command = [sys.executable, "-m", "chessa.testing", "--help"]
    environment = {"PYTHONPATH": f"{ROOT / 'generated'}:{ROOT / 'overrides'}"}
    assert b"--port" in subprocess.check_output(command, env=environment, timeout=60)


def test_extras_exist() -> None:
    """Every extra that a page installs is one of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = set(re.findall(r'pip install "[^"\[]*\[(\w+)\]"', ALL))
    assert named
    assert named <= set(project["optional-dependencies"])
