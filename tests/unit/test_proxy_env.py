"""Proxies of the environment: which variable counts, NO_PROXY, and what an error says."""

import os
import urllib.request
from typing import Any

import pytest

import chessa
from chessa import ConfigurationError
from chessa._config import Settings, read_settings
from chessa._proxy_env import from_environment, is_excluded
from chessa._urls import Origin, ProxySettings, read_base_url
from tests.marks import table

from .calls import CREDENTIALS
from .transports import answers

TARGET = Origin("https", "api.example.com", None)
PASSWORD = "hunter2"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy variable is set, and the process is not a CGI script."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            monkeypatch.delenv(name)


def settings(**given: object) -> Settings:
    """Settings that trust the environment, for a host that is not this machine."""
    arguments: dict[str, Any] = {
        "base_url": TARGET.url,
        "proxy": None,
        "trust_env": True,
        "max_response_bytes": 1024,
    }
    return read_settings(**{**arguments, **given})


def proxy_host(**given: object) -> str | None:
    """Return the host of the proxy in use."""
    proxy: ProxySettings | None = settings(**given).proxy
    return proxy.origin.host if proxy else None


def refusal(**given: object) -> str:
    """Return the message of the refusal, which holds neither the password nor the proxy's host."""
    with pytest.raises(ConfigurationError) as caught:
        settings(**given)
    assert PASSWORD not in str(caught.value)
    assert "secret-host" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.outcome is chessa.Outcome.NOT_SENT
    return str(caught.value)


@table(
    ("environ", "host"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://upper"}, "upper"),
        ({"https_proxy": "http://lower"}, "lower"),
        ({"HTTPS_PROXY": "http://upper", "https_proxy": "http://lower"}, "lower"),
        ({"https_proxy": "http://lower", "HTTPS_PROXY": "http://upper"}, "lower"),
        ({"Https_Proxy": "http://mixed"}, "mixed"),
        ({"HTTPS_PROXY": "http://upper", "https_proxy": ""}, None),
        ({"HTTPS_PROXY": "http://upper", "https_proxy": " "}, None),
        ({"HTTPS_PROXY": " "}, None),
        ({"ALL_PROXY": "http://all"}, "all"),
        ({"all_proxy": "http://all"}, "all"),
        ({"ALL_PROXY": "http://all", "HTTPS_PROXY": "http://upper"}, "upper"),
        ({"all_proxy": "http://all", "HTTPS_PROXY": "http://upper"}, "upper"),
        ({"ALL_PROXY": "http://all", "HTTPS_PROXY": ""}, "all"),
        ({"ALL_PROXY": "socks5://all", "HTTPS_PROXY": "http://upper"}, "upper"),
        ({"HTTP_PROXY": "http://plain"}, None),
        ({"FTP_PROXY": "http://ftp", "SOCKS_PROXY": "http://socks"}, None),
        ({"HTTPS_PROXY": " upper:3128 "}, "upper"),
        ({"HTTPS_PROXY": "HTTP://UPPER"}, "upper"),
    ],
)
def test_which_variable_counts(
    environ: dict[str, str], host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheme's variable precedes ALL_PROXY, lower case precedes upper case."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy_host() == host
    assert proxy_host(trust_env=False) is None
    assert proxy_host(proxy="http://argument") == "argument"
    for loopback in ("https://localhost", "https://127.9.9.9", "https://[::1]:8443"):
        assert proxy_host(base_url=loopback) is None


@table(
    ("environ", "name"),
    [
        ({"HTTP_PROXY": "http://upper"}, "HTTP_PROXY"),
        ({"http_proxy": "http://lower"}, "http_proxy"),
        ({"HTTP_PROXY": "http://upper", "REQUEST_METHOD": "GET"}, None),
        ({"http_proxy": "http://lower", "REQUEST_METHOD": "GET"}, "http_proxy"),
        ({"HTTP_proxy": "http://mixed", "REQUEST_METHOD": "GET"}, None),
        ({"ALL_PROXY": "http://all", "REQUEST_METHOD": "GET"}, "ALL_PROXY"),
    ],
)
def test_a_cgi_script_ignores_http_proxy(
    environ: dict[str, str], name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY would be the Proxy header of a request; no request can set `http_proxy`."""
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    found = from_environment(Origin("http", "api.example.com", None))
    assert (found and found.name) == name


@table("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"])
@table("scheme", ["socks5", "socks5h", "SOCKS4", "socks4a", "socks"])
def test_a_socks_proxy_is_refused_by_the_name_of_its_variable(
    name: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says which variable it was, what is not supported, and each way out."""
    monkeypatch.setenv(name, f"{scheme}://user:{PASSWORD}@secret-host:1080")
    said = refusal()
    assert said.startswith(f"{name} ")
    for words in ("SOCKS is not supported", "proxy=", "NO_PROXY", "transport=lambda: httpx."):
        assert words in said


def test_each_way_out_of_a_socks_proxy_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """An HTTP proxy by argument, NO_PROXY and a transport each make the client usable."""
    monkeypatch.setenv("ALL_PROXY", "socks5://secret-host")
    assert proxy_host(proxy="http://argument") == "argument"
    client = chessa.Chessa(**CREDENTIALS, trust_env=True, transport=answers())
    assert client._core.plan.settings.proxy is None
    monkeypatch.setenv("NO_PROXY", TARGET.host)
    assert proxy_host() is None


def test_a_socks_proxy_by_argument_is_refused() -> None:
    """The message says that SOCKS is not supported; NO_PROXY would change nothing."""
    said = refusal(proxy=f"socks5://user:{PASSWORD}@secret-host:1080")
    assert said.startswith("proxy ")
    assert "SOCKS is not supported" in said
    assert "transport=lambda: httpx." in said
    assert "NO_PROXY" not in said


@table(
    ("value", "words"),
    [
        ("ftp://secret-host", "must begin with http:// or https://"),
        ("://secret-host", "must begin with"),
        ("http://user:hunter2@secret-host/path", "without path"),
        ("http://user:hunter2@secret-host?query", "without path"),
        ("http://user:hunter2@secret-host:port", "host name"),
        ("user:hunter2@secret-host:70000", "host name"),
        ("http://", "host name"),
        ("http://[::1", "is not a URL"),
        ("http://us er:hunter2@secret-host", "is not a URL"),
        ("http://us%0aer:hunter2@secret-host", "user name or password"),
    ],
)
@table("name", ["HTTPS_PROXY", "all_proxy"])
def test_any_other_unusable_value_is_refused_by_the_name_of_its_variable(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable and the problem, and never shows the value."""
    monkeypatch.setenv(name, value)
    said = refusal()
    assert said.startswith(f"{name} ")
    assert words in said


NAME, ADDRESS = "https://api.example.com", "https://10.1.2.3"
IPV6 = "https://[fd00::1]"


@table(
    ("no_proxy", "base_url", "excluded"),
    [
        # names: the host itself, and any below it
        ("api.example.com", NAME, True),
        ("API.Example.COM", NAME, True),
        ("api.example.com.", NAME, True),
        ("example.com", NAME, True),
        ("com", NAME, True),
        ("ample.com", NAME, False),
        ("api.example", NAME, False),
        ("eu.api.example.com", NAME, False),
        ("api.example.com", "https://api.example.com.evil.example", False),
        (".example.com", NAME, True),
        (".example.com", "https://example.com", True),
        ("..example.com", NAME, True),
        (".ample.com", NAME, False),
        ("*.example.com", NAME, True),
        ("*.example.com", "https://a.b.example.com", True),
        ("*.example.com", "https://example.com", False),
        ("*.ample.com", NAME, False),
        # ports
        ("example.com:8443", NAME, False),
        ("example.com:8443", f"{NAME}:8443", True),
        ("example.com:443", NAME, True),
        ("example.com:443", f"{NAME}:8443", False),
        ("example.com", f"{NAME}:8443", True),
        (".example.com:443", NAME, True),
        ("*.example.com:8443", NAME, False),
        ("example.com:44", NAME, False),
        ("example.com:", NAME, True),
        # addresses
        ("10.1.2.3", ADDRESS, True),
        ("10.1.2.3", f"{ADDRESS}:8443", True),
        ("10.1.2.3:443", ADDRESS, True),
        ("10.1.2.3:8443", ADDRESS, False),
        ("10.1.2.4", ADDRESS, False),
        ("2.3", ADDRESS, False),
        (".1.2.3", ADDRESS, False),
        ("*.1.2.3", ADDRESS, False),
        ("fd00::1", IPV6, True),
        ("FD00:0:0::0:1", IPV6, True),
        ("[fd00::1]", IPV6, True),
        ("[fd00::1]", f"{IPV6}:8443", True),
        ("[fd00::1]:8443", f"{IPV6}:8443", True),
        ("[fd00::1]:443", IPV6, True),
        ("[fd00::1]:8443", IPV6, False),
        ("fd00::1:443", IPV6, False),
        ("fd00::2", IPV6, False),
        ("fd00", IPV6, False),
        ("fd00:443", IPV6, False),
        # networks
        ("10.0.0.0/8", ADDRESS, True),
        ("10.9.9.9/8", ADDRESS, True),
        ("10.0.0.0/255.0.0.0", ADDRESS, True),
        ("10.0.0.0/8", "https://11.0.0.1", False),
        ("10.1.2.3/32", ADDRESS, True),
        ("0.0.0.0/0", ADDRESS, True),
        ("0.0.0.0/0", IPV6, False),
        ("0.0.0.0/0", NAME, False),
        ("fd00::/8", IPV6, True),
        ("fc00::/8", IPV6, False),
        ("::/0", ADDRESS, False),
        # everything, and lists
        ("*", NAME, True),
        ("*", ADDRESS, True),
        ("*", IPV6, True),
        ("localhost, *", NAME, True),
        ("localhost,example.com", NAME, True),
        (" localhost ,\texample.com ", NAME, True),
        ("localhost example.com", NAME, True),
        (",, ,example.com,,", NAME, True),
        ("localhost,127.0.0.1,::1,10.0.0.0/8", NAME, False),
        ("", NAME, False),
        (" , ", NAME, False),
        # junk
        (".", NAME, False),
        ("*.", NAME, False),
        ("**", NAME, False),
        ("*example.com", NAME, False),
        ("*.*", NAME, False),
        (":443", NAME, False),
        (":", NAME, False),
        ("example.com:x", NAME, False),
        ("example.com:²", NAME, False),
        ("example.com:" + "4" * 5000, NAME, False),
        ("[example.com]", NAME, False),
        ("[", IPV6, False),
        ("[]", IPV6, False),
        ("[fd00::1", IPV6, False),
        ("[fd00::1]x", IPV6, False),
        ("fd00::g", IPV6, False),
        ("10.1.2.3/33", ADDRESS, False),
        ("10.1.2.3/x", ADDRESS, False),
        ("10.1.2.3/8/8", ADDRESS, False),
        ("10.1.2.3/" + "9" * 5000, ADDRESS, False),
        ("010.001.002.003", ADDRESS, False),
        ("10.1.2", ADDRESS, False),
        ("169738755", ADDRESS, False),
        ("https://api.example.com", NAME, False),
        ("example.com/path", NAME, False),
        ("\udcff,\0,%,example.com", NAME, True),
    ],
)
def test_no_proxy_in_each_of_its_forms(no_proxy: str, base_url: str, excluded: bool) -> None:
    """Each form excludes what it names and not its neighbour; junk excludes nothing."""
    origin, _ = read_base_url(base_url)
    assert is_excluded(origin, no_proxy) is excluded


@table(
    ("environ", "host"),
    [
        ({"NO_PROXY": "example.com"}, None),
        ({"no_proxy": "example.com"}, None),
        ({"NO_PROXY": "example.com", "no_proxy": "other.example"}, "proxy"),
        ({"NO_PROXY": "example.com", "no_proxy": ""}, "proxy"),
        ({"NO_PROXY": "other.example", "no_proxy": "*"}, None),
        ({"NO_PROXY": "example.com:8443,10.0.0.0/8,[::1]"}, "proxy"),
    ],
)
def test_no_proxy_is_read_like_the_other_variables(
    environ: dict[str, str], host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lower case precedes upper case; a proxy by argument is used whatever NO_PROXY says."""
    monkeypatch.setenv("ALL_PROXY", "http://proxy")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy_host() == host
    assert proxy_host(proxy="http://argument") == "argument"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_the_system_settings_count_where_no_variable_is_set(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS and Windows only, and not next to a variable, be it NO_PROXY alone."""
    system = {"https": f"socks5://user:{PASSWORD}@secret-host"}
    monkeypatch.setattr(urllib.request, "getproxies", system.copy)
    monkeypatch.setattr(urllib.request, "proxy_bypass", "10.1.2.3:8443".__eq__)
    monkeypatch.setattr("sys.platform", "linux")
    assert proxy_host() is None
    monkeypatch.setattr("sys.platform", platform)
    assert refusal().startswith("The system's proxy setting is")
    assert proxy_host(base_url="https://10.1.2.3:8443") is None
    system["https"] = "http://proxy"
    assert proxy_host() == "proxy"
    del system["https"]
    assert proxy_host() is None
    system["https"] = "http://proxy"
    monkeypatch.setenv("NO_PROXY", "other.example")
    assert proxy_host() is None
