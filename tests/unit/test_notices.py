"""The headers Deprecation and Sunset: told once, and never at the cost of a result."""

import logging
import warnings

import pytest

from chessa._call import notices
from tests.unit.calls import A_READ, A_WRITE, Driver
from tests.unit.transports import answers

HEADERS = {"deprecation": "@1767225600", "sunset": "Fri, 01 Jan 2027 00:00:00 GMT"}
SAID = "is deprecated since 2026-01-01, and ends on 2027-01-01. Read the vendor's announcements"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_TOLD", set[str]())


def test_it_is_told_once(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    """The log has one line for each operation, and the process one warning, for the first."""
    transport = answers((201, {}, HEADERS))
    with caplog.at_level(logging.WARNING, "chessa"), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        results = driver(A_READ, A_WRITE, A_READ, A_WRITE, transport=transport)
    assert results == [{}, {}, {}, {}]
    assert [SAID in record.getMessage() for record in caplog.records] == [True, True]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "things.retrieve",
        "things.create",
    ]
    assert [each.category for each in told] == [DeprecationWarning]


def test_a_result_is_returned_where_warnings_are_errors(driver: Driver) -> None:
    """A write that was carried out returns its result, also where each warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert driver(A_WRITE, transport=answers((201, {}, HEADERS))) == [{}]


def test_a_result_is_returned_where_a_warning_cannot_be_shown(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An application that fails to show a warning costs no result: the write was carried out."""

    def show(*_: object, **__: object) -> None:
        raise RuntimeError("no window")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", show)
        assert driver(A_WRITE, transport=answers((201, {}, HEADERS))) == [{}]


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    """The names of undocumented requests are the caller's: no more are kept than so many."""
    told = {f"GET /v1/{number}" for number in range(notices._MOST)}
    monkeypatch.setattr(notices, "_TOLD", told)
    driver(A_READ, transport=answers((200, {}, HEADERS)))
    assert len(told) == notices._MOST


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"deprecation": "true"}, "that it is deprecated. Read"),
        ({"deprecation": "@99999999999999"}, "that it is deprecated. Read"),
        ({"sunset": "<script>"}, "that it is deprecated. Read"),
        ({"sunset": "x" * 10_000}, "that it is deprecated. Read"),
        ({"sunset": HEADERS["sunset"]}, "that it is deprecated, and ends on 2027-01-01. Read"),
    ],
)
def test_other_values_are_not_shown(
    driver: Driver, caplog: pytest.LogCaptureFixture, headers: dict[str, str], said: str
) -> None:
    """A value that is not a date of the two RFCs is announced without one."""
    with (
        caplog.at_level(logging.WARNING, "chessa"),
        pytest.warns(DeprecationWarning, match="has announced"),
    ):
        driver(A_READ, transport=answers((200, {}, headers)))
    [record] = caplog.records
    assert said in record.getMessage()
