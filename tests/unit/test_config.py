"""Settings: what is taken, what is refused, and that no refusal shows a value."""

import math
from typing import Any

import attrs
import pytest

import chessa
from chessa import ConfigurationError, _config, _urls
from chessa._config import Settings, read_settings, read_timeout
from chessa._credentials import Secret
from chessa._options import Options
from chessa._urls import Origin, read_base_url
from chessa_api import BASE_URL
from tests.marks import table

CREDENTIALS: dict[str, Any] = {"client_id": "id-1", "client_secret": "secret-1"}


def settings(environ: dict[str, str] | None = None, **given: object) -> Settings:
    """Settings from these arguments and this environment."""
    arguments: dict[str, Any] = {
        "base_url": None,
        "proxy": None,
        "trust_env": False,
        "max_response_bytes": 1024,
    }
    known = environ or {}
    return read_settings(
        **{**arguments, **given},
        read=lambda name: Secret(known[name]) if known.get(name, "").strip() else None,
    )


@table(
    ("value", "url"),
    [
        ("https://api.chessa.ai", "https://api.chessa.ai"),
        ("https://api.chessa.ai/", "https://api.chessa.ai"),
        ("https://api.chessa.ai/v1", "https://api.chessa.ai"),
        ("https://api.chessa.ai/v1/", "https://api.chessa.ai"),
        ("  HTTPS://API.Chessa.AI:443 ", "https://api.chessa.ai"),
        ("https://gateway.example:8443/chessa/v1", "https://gateway.example:8443/chessa"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://localhost:8000/v1", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_base_url_may_end_in_a_slash_or_v1(value: str, url: str) -> None:
    """A trailing slash or `/v1` is taken off; http is for this machine only."""
    assert settings(base_url=value).base_url == url


@table(
    ("value", "words"),
    [
        ("http://api.chessa.ai", "in clear"),
        ("http://localhost.evil.example", "in clear"),
        ("http://127.0.0.1.evil.example", "in clear"),
        ("http://10.0.0.1", "in clear"),
        ("http://0.0.0.0", "in clear"),
        ("ftp://hunter2.example", "https://"),
        ("hunter2.example", "https://"),
        ("", "https://"),
        ("https://", "host name"),
        ("https://:443", "host name"),
        ("https://user:hunter2@api.chessa.ai", "user name"),
        ("https://@api.chessa.ai", "user name"),
        ("https://api.chessa.ai?key=hunter2", "query"),
        ("https://api.chessa.ai?", "query"),
        ("https://api.chessa.ai#hunter2", "query"),
        ("https://api.chessa.ai:hunter2", "port"),
        ("https://api.chessa.ai:0", "port"),
        ("https://api.chessa.ai:70000", "port"),
        ("https://api.chessa.ai/../hunter2", "path"),
        ("https://api.chessa.ai/a//b", "path"),
        ("https://api.chessa.ai/%68unter2", "path"),
        ("https://hunter2\n.example", "not a URL"),
        ("https://bücher.example", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://[::g]", "URL|host name"),
        ("https://a_b..c-", "host name"),
        (7, "must be a str"),
    ],
)
def test_a_base_url_that_could_misdirect_is_refused(value: object, words: str) -> None:
    """Clear text, user info, queries and oddities are refused, and the value is not shown."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_base_url(value)
    assert "base_url" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_base_url_comes_from_the_environment_too() -> None:
    """An argument counts, then CHESSA_BASE_URL, then the vendor's address."""
    environ = {"CHESSA_BASE_URL": " http://localhost:9/v1/ "}
    assert settings(environ).base_url == "http://localhost:9"
    assert settings(environ, base_url="https://a.example").base_url == "https://a.example"
    assert settings({"CHESSA_BASE_URL": " "}).base_url == settings(base_url=BASE_URL).base_url


def test_a_document_without_a_server_leaves_the_base_url_to_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error names the argument and the variable; either of them is enough."""
    monkeypatch.setattr(_config, "BASE_URL", None)
    with pytest.raises(ConfigurationError, match="Pass base_url, or set CHESSA_BASE_URL"):
        settings()
    assert settings(base_url="https://a.example").base_url == "https://a.example"


def test_only_a_version_that_paths_begin_with_is_taken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A version in the base URL that no path contains is part of the address."""
    assert settings(base_url="https://a.example/v9/").base_url == "https://a.example/v9"
    monkeypatch.setattr(_urls, "VERSION_SEGMENTS", ())
    assert settings(base_url="https://a.example/v1/").base_url == "https://a.example/v1"


@table(
    "value",
    [0, -1, 0.0, math.nan, math.inf, -math.inf, True, "5", [5], 86_401, 1e308, 10**400],
)
def test_a_timeout_is_a_number_above_zero_and_a_day_at_most(value: Any) -> None:
    """Anything else is refused: a call without an end is none of the choices."""
    with pytest.raises(ConfigurationError, match="timeout must be"):
        chessa.Chessa(**CREDENTIALS, timeout=value)
    with pytest.raises(ConfigurationError, match="timeout must be"):
        chessa.Chessa(**CREDENTIALS).with_options(timeout=value)


def test_reads_have_thirty_seconds_and_writes_sixty() -> None:
    """Without a timeout the defaults hold; one that is given holds for both."""
    assert read_timeout(None) is None
    assert [Options().seconds(is_read=is_read) for is_read in (True, False)] == [30.0, 60.0]
    given = Options().merge(timeout=5)
    assert [given.seconds(is_read=is_read) for is_read in (True, False)] == [5.0, 5.0]
    assert given.merge(timeout=None).seconds(is_read=True) == 30.0


@table(
    "given",
    [
        {"max_retries": -1},
        {"max_retries": 1.0},
        {"max_retries": True},
        {"max_response_bytes": 0},
        {"max_response_bytes": 2**62},
        {"trust_env": "no"},
        {"ssl_context": "bundle.pem"},
        {"ssl_context": False},
        {"transport": 7},
        {"hooks": print},
    ],
)
def test_settings_of_another_kind_are_refused(given: dict[str, Any]) -> None:
    """Each setting says what it must be."""
    with pytest.raises(ConfigurationError, match=next(iter(given))):
        chessa.Chessa(**CREDENTIALS, **given)


def test_a_proxy_hides_its_password() -> None:
    """User name and password of a proxy are set apart, and shown by nothing."""
    proxy = settings(proxy="http://user:hunter2%21@proxy.example:3128").proxy
    assert proxy is not None
    assert proxy.origin == Origin("http", "proxy.example", 3128)
    assert proxy.user is not None
    assert proxy.password is not None
    assert (proxy.user.reveal(), proxy.password.reveal()) == ("user", "hunter2!")
    assert "hunter2" not in repr(proxy)
    plain = settings(proxy="https://proxy.example").proxy
    assert plain is not None
    assert plain.user is None


@table(
    ("value", "base_url"),
    [
        ("socks5://hunter2.example", None),
        ("http://proxy.example/hunter2", None),
        ("http://proxy.example?hunter2", None),
        ("http://user:hunter2%0a@proxy.example:x", None),
        ("http://us%20er:hunter2@proxy.example", None),
        ("proxy.example:3128", None),
        ("", None),
        (7, None),
        ("http://proxy.example:3128", "http://localhost:1"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused(value: object, base_url: str | None) -> None:
    """Other schemes, paths, and a far proxy for clear text are refused without a value."""
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        settings(proxy=value, base_url=base_url)
    assert "hunter2" not in str(caught.value)


def test_proxy_variables_count_only_when_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxies are ignored unless `trust_env`, and never used for loopback."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    assert settings().proxy is None
    assert settings(base_url="http://localhost:1", trust_env=True).proxy is None
    trusted = settings(trust_env=True).proxy
    assert trusted is not None
    assert trusted.origin == Origin("http", "proxy.example", 3128)
    monkeypatch.setenv("NO_PROXY", settings().origin.host)
    assert settings(trust_env=True).proxy is None


def test_settings_cannot_be_changed() -> None:
    """Settings and options are immutable: copies of a client cannot disturb one another."""
    for immutable, name in ((settings(), "trust_env"), (Options(), "timeout")):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(immutable, name, 1)


def test_a_client_shows_its_base_url_only() -> None:
    """The repr of a client names the address it calls, and nothing else."""
    client = chessa.Chessa(**CREDENTIALS, base_url="http://localhost:1/v1")
    assert repr(client) == "Chessa(base_url='http://localhost:1')"
