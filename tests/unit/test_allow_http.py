"""`allow_http`: a sandbox on another machine, without TLS, and loudly."""

import logging
from typing import Any

import pytest

import chessa
from chessa import ConfigurationError

from .calls import A_READ, CREDENTIALS
from .transports import answers

NAMED = "http://sandbox:8080"


@pytest.mark.parametrize("make", [chessa.Chessa, chessa.AsyncChessa])
@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_named_host_is_allowed_and_logged(
    make: Any, way: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each client that may send in clear says so, with the host, as a warning."""
    given = {"allow_http": True} if way == "argument" else {}
    if way == "variable":
        monkeypatch.setenv("CHESSA_ALLOW_HTTP", "1")
    with caplog.at_level(logging.DEBUG, logger="chessa"):
        client = make(**CREDENTIALS, base_url=NAMED, **given)
        make(**CREDENTIALS, base_url="http://localhost:8080", **given)
        make(**CREDENTIALS, **given)
    assert client._core.plan.settings.base_url == NAMED
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "UNENCRYPTED to sandbox:8080" in record.getMessage()


def test_a_call_goes_there() -> None:
    """The request is sent as to any other host."""
    factory = answers((200, {"id": "t1"}))
    client = chessa.Chessa(**CREDENTIALS, base_url=NAMED, allow_http=True, transport=factory)
    assert client._performer.perform(*A_READ)


def test_without_it_the_error_says_how() -> None:
    """The refusal names both ways to allow it."""
    with pytest.raises(ConfigurationError, match=r"allow_http=True, or set CHESSA_ALLOW_HTTP=1"):
        chessa.Chessa(**CREDENTIALS, base_url=NAMED)


@pytest.mark.parametrize("host", ["api.chessa.ai", "API.chessa.ai", "api.chessa.ai:80"])
def test_never_to_the_api_itself(host: str) -> None:
    """The credentials of the real API are not sent in clear, whatever is allowed."""
    with pytest.raises(ConfigurationError, match="in clear") as caught:
        chessa.Chessa(**CREDENTIALS, base_url=f"http://{host}", allow_http=True)
    assert "allow_http" not in str(caught.value)


@pytest.mark.parametrize("value", ["yes", "true", "2"])
def test_another_value_of_the_variable_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is 1 or 0, and nothing that might mean either."""
    monkeypatch.setenv("CHESSA_ALLOW_HTTP", value)
    with pytest.raises(ConfigurationError, match="CHESSA_ALLOW_HTTP must be 1 or 0"):
        chessa.Chessa(**CREDENTIALS)
    monkeypatch.setenv("CHESSA_ALLOW_HTTP", "0")
    with pytest.raises(ConfigurationError, match="in clear"):
        chessa.Chessa(**CREDENTIALS, base_url=NAMED)


def test_another_type_is_refused() -> None:
    """A text that is true in Python is not True."""
    wrong: Any = "1"
    with pytest.raises(ConfigurationError, match="allow_http must be True or False"):
        chessa.Chessa(**CREDENTIALS, allow_http=wrong)
