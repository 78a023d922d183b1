"""Deprecations of the spec: methods and arguments that say so when they are used."""

import asyncio
import inspect
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.pipeline.made import Package, content, document, make, operation

OLD = {"name": "old", "in": "query", "deprecated": True, "schema": {"type": "string"}}
NEW = {"name": "new", "in": "query", "schema": {"type": "string"}}
PDF = {"200": {"description": "OK", **content({"type": "string"}, "application/pdf")}}
EVENTS = {"200": {"description": "OK", **content({"type": "string"}, "text/event-stream")}}
KEPT, GONE = {"type": "string"}, {"type": "string", "deprecated": True}
MEMBERS = {"type": "object", "properties": {"kept": KEPT, "gone": GONE}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Return a package with a deprecated method, and with deprecated arguments."""
    paths = {
        "/old": {"get": operation("things.old", deprecated=True)},
        "/slip": {"get": operation("things.slip", deprecated=True, responses=PDF)},
        "/new": {"get": operation("things.new", parameters=[OLD, NEW])},
        "/told": {"get": operation("things.told", parameters=[OLD], responses=EVENTS)},
        "/made": {"post": operation("things.make", requestBody=content(MEMBERS))},
    }
    return make(tmp_path_factory.mktemp("deprecated"), document(paths))


@pytest.fixture
def package(made: Package) -> Package:
    """Return it, as if nothing had been sent."""
    made.sent.clear()
    return made


def test_a_deprecated_method_warns_when_it_is_called(package: Package) -> None:
    """Sync and async forms warn, at the line of the caller, and do their work."""
    match = r"^things\.old is deprecated by the vendor\.$"
    with pytest.warns(DeprecationWarning, match=match) as told:
        package.call("things.old")
    assert Path(told[0].filename).name == "made.py"  # the caller of the method
    assert len(told) == len(package.sent) == 2


def test_its_method_for_files_warns_as_well(package: Package) -> None:
    """The method that saves a response to a file is deprecated with it."""
    things = package.module("api.things")
    for each in (things.Things.slip, things.Things.slip_to_file, things.AsyncThings.slip_to_file):
        assert each.__deprecated__ == "things.slip is deprecated by the vendor."
    assert inspect.iscoroutinefunction(things.AsyncThings.slip)


@pytest.mark.parametrize(
    ("method", "given", "heard"),
    [
        ("new", {"old": "x"}, "old"),
        ("new", {"new": "x"}, None),
        ("new", {}, None),
        ("make", {"gone": "x"}, "gone"),
        ("make", {"kept": "x"}, None),
    ],
)
def test_a_deprecated_argument_warns_when_it_is_given(
    package: Package, method: str, given: dict[str, Any], heard: str | None
) -> None:
    """An argument of the query or of the body warns, with its name, and only if it is given."""
    if heard is None:
        package.call(f"things.{method}", **given)
        return
    match = rf"^things\.{method}: the vendor has deprecated the argument `{heard}`\.$"
    with pytest.warns(DeprecationWarning, match=match) as told:
        package.call(f"things.{method}", **given)
    assert Path(told[0].filename).name == "made.py"
    assert len(told) == 2


def test_a_deprecated_argument_of_a_stream_warns(package: Package) -> None:
    """A method that returns events warns as the others do, at the line of the caller."""
    things = package.module("api.things")
    performer = mock.Mock(perform=mock.Mock(return_value="events"))
    with pytest.warns(DeprecationWarning, match=r"^things\.told: .* argument `old`\.$") as told:
        assert things.Things(performer).told(old="x") == "events"
    awaited = mock.Mock(perform=mock.AsyncMock(return_value="events"))
    with pytest.warns(DeprecationWarning, match=r"^things\.told: .* argument `old`\.$"):
        assert asyncio.run(things.AsyncThings(awaited).told(old="x")) == "events"
    assert told[0].filename == __file__


def test_the_docstring_says_it(package: Package) -> None:
    """The docstring of a method names its deprecated arguments."""
    text = package.module("api.things").Things.new.__doc__
    assert "old: Deprecated by the vendor." in text
    assert "new:" not in text


def test_nothing_is_wrapped_where_nothing_is_deprecated(package: Package) -> None:
    """Other methods are plain functions, and their operations check nothing."""
    things = package.module("api.things")
    assert not hasattr(things.Things.new, "__deprecated__")
    assert things.MAKE.deprecated_arguments == ("gone",)
    assert things.OLD.deprecated_arguments == ()


def test_the_tests_of_an_update_may_call_what_is_deprecated() -> None:
    """Warnings are errors in all tests, but for those that say what the vendor has deprecated."""
    text = "orders.retrieve is deprecated by the vendor."
    warnings.warn(text, DeprecationWarning, stacklevel=1)
    text = "orders.retrieve: the vendor has deprecated the argument `id`."
    warnings.warn(text, DeprecationWarning, stacklevel=1)
    with pytest.raises(DeprecationWarning):
        warnings.warn("another", DeprecationWarning, stacklevel=1)
