"""Settings that are seldom wrong: each is refused by name, before anything is sent."""

import ssl
from collections.abc import Generator
from typing import Any

import httpx
import pytest

import chessa
from chessa import ConfigurationError, Hooks
from tests.marks import table

from .calls import A_READ, CREDENTIALS
from .transports import answers

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@table("make", [chessa.Chessa, chessa.AsyncChessa])
@table("name", ["request", "response"])
def test_a_hook_can_be_called(make: Any, name: str) -> None:
    """Something else than a function is refused where the client is made."""
    hooks: Any = Hooks(**{name: "print"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigurationError, match=f"The {name} hook is not callable"):
        make(**CREDENTIALS, hooks=hooks)


def test_a_header_is_given_once() -> None:
    """Two spellings of one header are not a choice that the client makes."""
    client = chessa.Chessa(**CREDENTIALS)
    with pytest.raises(ConfigurationError, match="extra_headers has x-trace twice"):
        client.with_options(extra_headers={"X-Trace": "1", "x-trace": "2"})


def test_any_awaitable_is_for_the_async_client() -> None:
    """An awaitable that is not a coroutine is refused as well, without being waited for."""

    class Promise:
        def __await__(self) -> Generator[None, None, str]:
            raise AssertionError("it was waited for")
            yield

    secret: Any = Promise
    factory = answers((200, {"id": "t1"}))
    client = chessa.Chessa(client_id="id", client_secret=secret, transport=factory)
    with pytest.raises(ConfigurationError, match="client_secret returned an awaitable"):
        client._performer.perform(*A_READ)
    assert factory.made == 0


def test_an_environment_without_proxies_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """`trust_env` takes what there is: without variables calls go straight to the API."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    client = chessa.Chessa(**CREDENTIALS, trust_env=True)
    assert client._core.plan.settings.proxy is None
    monkeypatch.setenv("ALL_PROXY", "proxy.example:3128")
    trusting = chessa.Chessa(**CREDENTIALS, trust_env=True)
    proxy = trusting._core.plan.settings.proxy
    assert proxy is not None
    assert (proxy.origin.scheme, proxy.origin.host, proxy.origin.port) == (
        "http",
        "proxy.example",
        3128,
    )


@pytest.mark.parametrize(
    ("make", "client"),
    [(chessa.Chessa, httpx.Client), (chessa.AsyncChessa, httpx.AsyncClient)],
    ids=["sync", "async"],
)
@table("brought", ["transport", "http_client"])
@table("setting", ["proxy", "ssl_context"])
def test_a_setting_that_has_no_effect_is_refused(
    make: Any, client: Any, brought: str, setting: str
) -> None:
    """A transport or client of the caller's would go past it, unseen."""
    settings: dict[str, Any] = {
        brought: answers() if brought == "transport" else client(),
        setting: "http://127.0.0.1:3128" if setting == "proxy" else ssl.create_default_context(),
    }
    words = f"{setting} has no effect together with {brought}: configure the {brought} with it"
    with pytest.raises(ConfigurationError, match=words):
        make(**CREDENTIALS, **settings)


@pytest.mark.parametrize("make", [chessa.Chessa, chessa.AsyncChessa])
def test_a_transport_and_a_client_are_not_both_used(make: Any) -> None:
    """An object that can send is accepted in either form; an ambiguous one is refused."""
    client: Any = httpx.Client() if make is chessa.Chessa else httpx.AsyncClient()
    with pytest.raises(ConfigurationError, match="Give transport or http_client, not both"):
        make(**CREDENTIALS, transport=answers(), http_client=client)
    fitting: tuple[dict[str, Any], ...] = (
        {"transport": answers()},
        {"transport": answers()()},
        {"http_client": client},
    )
    for fits in fitting:
        make(**CREDENTIALS, **fits)


@pytest.mark.parametrize("make", [chessa.Chessa, chessa.AsyncChessa])
def test_what_cannot_send_is_refused(make: Any) -> None:
    """Neither a transport nor a function that makes one; a client of the other mode."""
    for wrong in ("http://127.0.0.1", 17):
        with pytest.raises(ConfigurationError, match="such as transport=lambda"):
            make(**CREDENTIALS, transport=wrong)
    other: Any = httpx.AsyncClient() if make is chessa.Chessa else httpx.Client()
    wrong_clients: list[Any] = [other, httpx.Client, object(), "client"]
    for wrong_client in wrong_clients:
        with pytest.raises(ConfigurationError, match="http_client must be an httpx"):
            make(**CREDENTIALS, http_client=wrong_client)
