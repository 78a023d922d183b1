"""Credentials: found, checked, asked for, and never shown."""

import asyncio
import copy
import json
import pickle
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

import chessa
from chessa import ConfigurationError, Outcome
from chessa._credentials import Credentials, CredentialSource, Secret, from_settings, hide
from tests.credentials import ID_HEADER, SECRET_HEADER
from tests.marks import table

CANARY = "canary-7f1d9e3b5a2c"


def leaks(text: str) -> bool:
    """Return whether a text holds the canary, or a part of it that would do."""
    return CANARY[:12] in text or "7f1d9e3b" in text


def shown(error: BaseException) -> str:
    """Return all that a careless reporter prints of an error, variables of frames included."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = "".join(report.format())
    return f"{error} {error!r} {error.args} {vars(error)} {frames}"


def reading(environ: Mapping[str, str]) -> Callable[[str], Secret | None]:
    """Reads variables of an environment made for a test."""
    return lambda name: Secret(environ[name]) if environ.get(name, "").strip() else None


@table(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>40}".format,
        "%s %r".__mod__,
        lambda secret: repr({"x": [secret]}),
        lambda secret: str(dir(secret)),
        lambda secret: str(secret.problem()),
    ],
)
def test_a_secret_shows_nothing(show: Callable[[Any], str]) -> None:
    """No way of turning a secret into text tells what it is."""
    secret = Secret(CANARY)
    try:
        assert not leaks(show(secret))
    except TypeError:
        assert not leaks(show((secret, secret)))
    assert secret.reveal() == CANARY


def test_a_secret_cannot_be_taken_out_by_pickle_json_or_its_state() -> None:
    """Serialisers refuse a secret, and say so without it."""
    for take in (pickle.dumps, json.dumps, Secret.__getstate__, vars):
        with pytest.raises(TypeError) as caught:
            take(Secret(CANARY))
        assert not leaks(str(caught.value))


def test_secrets_compare_by_identity_only() -> None:
    """Equality and hash say nothing about the value; a copy is the same object."""
    one, other = Secret(CANARY), Secret(CANARY)
    others: list[object] = [other, CANARY, CANARY.encode(), None]
    assert one not in others
    assert copy.copy(one) is one
    assert copy.deepcopy({"k": [one]})["k"][0] is one


@table("value", [f" {CANARY}\n", f"\t{CANARY}\r\n", CANARY])
def test_surrounding_white_space_is_trimmed(value: str) -> None:
    """A line end that came along from a file is not part of the secret."""
    assert Secret(value).reveal() == CANARY
    assert Secret(value).problem() is None


BAD = {
    "newline": f"{CANARY}\nx",
    "return": f"{CANARY}\rx",
    "both": f"{CANARY}\r\nx-evil: 1",
    "nul": f"{CANARY}\0x",
    "blank inside": f"{CANARY} x",
    "tab inside": f"{CANARY}\tx",
    "delete": f"{CANARY}\x7fx",
    "not ascii": f"{CANARY}é",
    "surrogate": f"{CANARY}\ud800",
    "blank": "   ",
    "empty": "",
    "long": CANARY * 1000,
    "bytes": CANARY.encode(),
    "number": 7,
}


@table("name", ["client_id", "client_secret"])
@table("value", BAD.values())
@table("make", [chessa.Chessa, chessa.AsyncChessa])
def test_a_bad_secret_is_refused_without_being_shown(
    make: Callable[..., object], name: str, value: object
) -> None:
    """A credential that cannot be sent is refused at construction: its name, never its value."""
    with pytest.raises(ConfigurationError) as caught:
        make(**{"client_id": CANARY, "client_secret": CANARY, name: value})
    assert caught.value.outcome is Outcome.NOT_SENT
    assert name in str(caught.value)
    assert caught.value.__context__ is None
    del value  # this frame is part of the traceback, and not ours to judge
    caught.value.with_traceback(_without_this_frame(caught.value))
    assert not leaks(shown(caught.value))


def _without_this_frame(error: BaseException) -> Any:
    assert error.__traceback__ is not None
    return error.__traceback__.tb_next


REFUSED: list[dict[str, Any]] = [
    {"base_url": "http://example.com"},
    {"base_url": f"https://user:{CANARY}@example.com"},
    {"base_url": f"https://example.com?key={CANARY}"},
    {"base_url": f"https://example.com:{CANARY}"},
    {"proxy": f"ftp://user:{CANARY}@proxy.example"},
    {"proxy": f"http://user:{CANARY}@proxy.example/path"},
    {"client_id": "a\nb"},
    {"client_id": ""},
    {"client_secret": 7},
    {"trust_env": "yes"},
    {"timeout": -1},
    {"max_retries": 0.5},
    {"max_response_bytes": 0},
    {"transport": 7},
    {"ssl_context": "bundle.pem"},
    {"hooks": print},
]


@table("given", REFUSED)
@table("make", [chessa.Chessa, chessa.AsyncChessa])
def test_no_refusal_shows_the_environment(
    make: Callable[..., object], given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused setting shows neither itself nor what the environment holds, in no frame."""
    monkeypatch.setenv("CHESSA_CLIENT_ID", f"id-{CANARY}")
    monkeypatch.setenv("CHESSA_CLIENT_SECRET", CANARY)
    monkeypatch.setenv("SOMEBODY_ELSES_SECRET", CANARY)
    with pytest.raises(ConfigurationError) as caught:
        make(**given)
    caught.value.with_traceback(_without_this_frame(caught.value))
    assert not leaks(shown(caught.value))


def test_half_a_pair_in_the_environment_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one variable is missing, no frame shows the other."""
    monkeypatch.delenv("CHESSA_CLIENT_ID", raising=False)
    monkeypatch.setenv("CHESSA_CLIENT_SECRET", CANARY)
    with pytest.raises(ConfigurationError, match="client_id missing") as caught:
        chessa.Chessa()
    assert not leaks(shown(caught.value))


def test_credentials_come_from_the_environment() -> None:
    """Without arguments the two variables are read, at construction and trimmed."""
    environ = {"CHESSA_CLIENT_ID": " id-1 ", "CHESSA_CLIENT_SECRET": "secret-1\n"}
    credentials = from_settings(None, None, reading(environ)).ask()
    assert credentials.headers() == (
        (ID_HEADER.encode(), b"id-1"),
        (SECRET_HEADER.encode(), b"secret-1"),
    )


def test_arguments_come_before_the_environment() -> None:
    """Arguments count; the variables fill in only those that are missing."""
    environ = {"CHESSA_CLIENT_ID": "id-1", "CHESSA_CLIENT_SECRET": "secret-1"}
    credentials = from_settings(hide("id-2"), None, reading(environ)).ask()
    assert credentials.headers() == (
        (ID_HEADER.encode(), b"id-2"),
        (SECRET_HEADER.encode(), b"secret-1"),
    )


@table(
    ("environ", "missing"),
    [
        ({}, "client_id and client_secret missing"),
        ({"CHESSA_CLIENT_ID": "x"}, "client_secret missing"),
        ({"CHESSA_CLIENT_SECRET": "x", "CHESSA_CLIENT_ID": " "}, "client_id missing"),
    ],
)
def test_half_a_pair_is_an_error_that_names_both(environ: dict[str, str], missing: str) -> None:
    """The message says which is missing, and both ways to give each."""
    with pytest.raises(ConfigurationError, match=missing) as caught:
        from_settings(None, None, reading(environ))
    for name in ("client_id", "client_secret", "CHESSA_CLIENT_ID", "CHESSA_CLIENT_SECRET"):
        assert name in str(caught.value)


def rotating() -> Callable[[], str]:
    """Return a callable that gives another secret each time."""
    secrets: Iterator[str] = (f"secret-{number}" for number in range(10))
    return lambda: next(secrets)


def test_a_callable_is_asked_for_every_call() -> None:
    """Rotation: each call asks anew."""
    source = CredentialSource(Secret("id-1"), rotating())
    assert source.fixed is None
    assert [source.ask().headers()[1][1] for _ in range(2)] == [b"secret-0", b"secret-1"]
    assert asyncio.run(source.ask_async()).headers()[1][1] == b"secret-2"


def test_an_awaitable_is_for_the_async_client() -> None:
    """A coroutine function is awaited by the async client, and refused by the sync one."""

    async def fetch() -> str:
        await asyncio.sleep(0)
        return "secret-9"

    source = CredentialSource(Secret("id-1"), fetch)
    assert asyncio.run(source.ask_async()).headers()[1][1] == b"secret-9"
    with pytest.raises(ConfigurationError, match="only AsyncChessa"):
        source.ask()


def _raise() -> str:
    raise ValueError(f"cannot fetch {CANARY}")


@table(
    ("provider", "words"),
    [
        (_raise, "raised ValueError"),
        (lambda: f"{CANARY}\nx", "contains white space"),
        (lambda: "", "is blank"),
        (lambda: None, "must be a str, not NoneType"),
        (lambda: CANARY.encode(), "must be a str, not bytes"),
    ],
)
def test_a_failing_callable_is_a_configuration_error(
    provider: Callable[[], Any], words: str
) -> None:
    """An exception or a wrong value of a callable is named by type, neither shown nor chained."""
    source = CredentialSource(Secret("id-1"), provider)
    for ask in (source.ask, lambda: asyncio.run(source.ask_async())):
        with pytest.raises(ConfigurationError, match=words) as caught:
            ask()
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert not leaks(shown(caught.value))


def test_an_echoed_secret_is_scrubbed() -> None:
    """A secret that a server sends back is not in the error; a short one may be a usual word."""
    credentials = Credentials(Secret("id-1"), Secret(CANARY))
    assert credentials.scrub(f'{{"you": "{CANARY}"}}'.encode()) == b'{"you": "..."}'
    assert Credentials(Secret("id-1"), Secret("test")).scrub(b"a test") == b"a test"
    assert not leaks(repr(credentials))
