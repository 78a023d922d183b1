"""Marks that keep the ordinary run short."""

import functools
import inspect
import re
import textwrap
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final

import pytest
from hypothesis import settings

CI: Final = pytest.mark.ci
NIGHTLY: Final = pytest.mark.nightly


def needs(module: str) -> pytest.MarkDecorator:
    """Skip what needs a module that is not installed; importing it here would take its time."""
    return pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed")


def is_short() -> bool:
    """Return whether this is the ordinary run, or one as short: neither of CI nor of a proof."""
    return settings().max_examples < settings.get_profile("ci").max_examples


_Marked: Final = type(pytest.param())


def table(names: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[..., Any]:
    """Run a test over the rows of a table, like `parametrize`, but as one test: its rows are quick.

    Every row runs, and each that fails is shown with its values. Each has a `monkeypatch` and a
    `tmp_path` of its own; other fixtures are made once for all rows.
    """
    arguments = names.split(", ") if isinstance(names, str) else [*names]
    plain = [*rows]
    assert plain, f"no row for {names}"
    assert not any(isinstance(row, _Marked) for row in plain), "a row of a table has no mark"
    values = [(row,) if len(arguments) == 1 else row for row in plain]
    cases = [dict(zip(arguments, row, strict=True)) for row in values]

    def over(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def over_rows(**fixtures: Any) -> None:
            failed: list[BaseException] = []
            for number, case in enumerate(cases):
                try:
                    with _own(fixtures, number) as own:
                        test(**own, **case)
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001
                    shown = ", ".join(f"{name}={value!r}" for name, value in case.items())
                    error.add_note(f"with {textwrap.shorten(shown, 400)}")
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(cases)} rows", failed)

        signature = inspect.signature(test)
        others = [each for name, each in signature.parameters.items() if name not in arguments]
        vars(over_rows)["__signature__"] = signature.replace(parameters=others)
        return over_rows

    return over


@contextmanager
def _own(fixtures: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Replace the fixtures that a row may change."""
    own = {**fixtures}
    with pytest.MonkeyPatch.context() as patch:
        if "monkeypatch" in own:
            own["monkeypatch"] = patch
        if "tmp_path" in own:
            own["tmp_path"] = own["tmp_path"] / str(number)
            own["tmp_path"].mkdir()
        yield own


def every(step: int, cases: Iterable[Any], others: pytest.MarkDecorator = CI) -> list[Any]:
    """Leave one case in so many without a mark; mark the others."""
    return [
        pytest.param(case, marks=others) if number % step else case
        for number, case in enumerate(cases)
    ]


_VARIANT: Final = re.compile(r"(?<=[\[-])(?:async|sync|sqlite|postgresql)(?=[\]-])")


def take_turns(items: Iterable[pytest.Item]) -> None:
    """Leave one mode and one database of each case without a mark, which one its name tells."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if not {"ci", "nightly"} & {*item.keywords}:
            cases[_VARIANT.sub("", item.nodeid)].append(item)
    for name, variants in cases.items():
        for at, item in enumerate(variants):
            if at != zlib.crc32(name.encode()) % len(variants):
                item.add_marker(CI)
