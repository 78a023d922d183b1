"""Plant mistakes in the imported packages, and play the tests that must see them.

A mistake replaces attributes of modules, classes and constants while the tests run: it refers to
what it breaks by name, not by its text. As a plugin this plays every mistake that it is given:
`python -m pytest -p tests.planting --plant "409 is a rejection" tests/faults/test_matrix.py`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias

import attrs
import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
TIMEOUT: Final = 2_700
Edit: TypeAlias = tuple[Any, str, Any]
"""A holder, the name of its attribute, and the faulty value."""


@attrs.frozen
class Mistake:
    """A mistake that a careful reviewer could miss."""

    name: str
    seen_by: str
    """The beginning of the id of the test that must fail."""
    edits: Callable[[], Iterable[Edit]]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Replace the attributes, of frozen instances as well, and put them back at the end."""
        edits = list(self.edits())
        assert edits, f"{self.name}: nothing to plant it in"
        with ExitStack() as stack:
            for holder, name, value in edits:
                put = setattr if isinstance(holder, type | ModuleType) else object.__setattr__
                before = getattr(holder, name)
                if not isinstance(holder, type):
                    stack.callback(put, holder, name, before)
                elif name in vars(holder):
                    stack.callback(put, holder, name, vars(holder)[name])
                else:
                    stack.callback(delattr, holder, name)
                put(holder, name, value)
            yield


def wrap(holder: Any, name: str, change: Callable[..., Any]) -> Edit:
    """Replace a function of a module or class by `change`, which is given the true one first."""
    own = vars(holder)[name]
    true = getattr(own, "__func__", own)

    def changed(*args: Any, **kwargs: Any) -> Any:
        return change(true, *args, **kwargs)

    return holder, name, classmethod(changed) if isinstance(own, classmethod) else changed


def everywhere(function: Callable[..., Any], change: Callable[..., Any]) -> Iterator[Edit]:
    """Wrap a function in every module that has imported it by name."""
    for module in [*sys.modules.values()]:
        if module.__name__.startswith("chessa"):
            for name, value in [*vars(module).items()]:
                if value is function:
                    yield wrap(module, name, change)


# ---- The plugin ----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--plant`."""
    parser.addoption("--plant", action="append", default=[], help="plant the mistake of this name")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Plant one mistake after the other; print which test failed by an assertion, if any."""
    from tests.mistakes import MISTAKES  # once the paths of the packages are set

    every = [*session.items]
    names: list[str] = session.config.getoption("plant") or []
    for name in names:
        with MISTAKES[name].planted():
            found = _play(
                [item for item in every if item.nodeid.startswith(MISTAKES[name].seen_by)]
            )
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        reporter.write_line(f"\n{name}: {found}")
    return bool(names) or None


def _play(items: list[pytest.Item]) -> str:
    """Run tests up to the first that fails by an assertion, every fixture made anew."""
    errors: list[str] = []
    for item in items:
        item.session.items[:] = [item]
        watch = _Watch()
        item.config.pluginmanager.register(watch)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        item.config.pluginmanager.unregister(watch)
        if any(_is_assertion(error) for error in watch.errors):
            return f"red: {item.nodeid}"
        errors += map(repr, watch.errors)
    return f"not seen by {len(items)} tests; {errors[:2]}"


class _Watch:
    """Collects what tests raise; an error of a fixture does not count."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def pytest_exception_interact(
        self, call: pytest.CallInfo[Any], report: pytest.TestReport
    ) -> None:
        """Collect what a test itself raised."""
        if report.when == "call" and call.excinfo is not None:
            self.errors.append(call.excinfo.value)


def _is_assertion(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_is_assertion, error.exceptions))
    return isinstance(error, (AssertionError, pytest.fail.Exception))


# ---- Children ------------------------------------------------------------------------------------


def run_tests(
    *arguments: str, generated: Path = ROOT / "generated", examples: int = 20
) -> subprocess.CompletedProcess[str]:
    """Run tests of this project on the generated package in a folder."""
    paths = [str(each) for each in (generated, ROOT / "overrides", ROOT / "scripts", ROOT)]
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.planting", "-m", ""]
    options += ["-o", f"pythonpath={' '.join(paths)}"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "CHESSA_PROPERTY_EXAMPLES": str(examples),
            "CHESSA_PROPERTY_SHRINK": "0",
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def play(mistakes: Iterable[Mistake], generated: Path = ROOT / "generated") -> dict[str, str]:
    """Plant these mistakes in one child; return what became of each."""
    chosen = list(mistakes)
    files = {mistake.seen_by.partition("::")[0] for mistake in chosen}
    planted = [f"--plant={mistake.name}" for mistake in chosen]
    done = run_tests(*sorted(files), *planted, generated=generated)
    said = dict(re.findall(r"^(.+?): ((?:red|not seen).*)$", done.stdout, re.MULTILINE))
    return {each.name: said.get(each.name, done.stdout[-3000:] + done.stderr) for each in chosen}
