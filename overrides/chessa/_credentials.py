"""Credentials, which no repr, log or traceback shows.

A value is hidden before it is checked, so that no traceback holds it.
"""

import hashlib
import inspect
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple, NoReturn, Protocol, Self, TypeAlias, cast

import chessa_api

from ._errors import ConfigurationError
from ._interruptions import is_from_signal_handler


class HidesSecret(Protocol):
    """A secret of another library, such as a `pydantic.SecretStr`."""

    def get_secret_value(self) -> str: ...


SecretText: TypeAlias = str | HidesSecret
ClientSecret: TypeAlias = SecretText | Callable[[], SecretText]
AsyncClientSecret: TypeAlias = ClientSecret | Callable[[], Awaitable[SecretText]]

CREDENTIAL_HEADERS: Final = tuple(chessa_api.CREDENTIAL_HEADERS.values())
_HEADERS: Final = tuple(
    [(name, header.encode("ascii")) for name, header in chessa_api.CREDENTIAL_HEADERS.items()]
)
_VARIABLES: Final[Mapping["_Name", str]] = {
    "client_id": "CHESSA_CLIENT_ID",
    "client_secret": "CHESSA_CLIENT_SECRET",
}
_Name: TypeAlias = Literal["client_id", "client_secret"]
_NAMES: Final[tuple[_Name, _Name]] = ("client_id", "client_secret")

_MAX_LENGTH: Final = 4096
_MIN_SCRUBBED: Final = 8  # a shorter "secret" is a test's, and may occur in any text
_NOT_PRINTABLE: Final = re.compile(r"[^!-~]")


class Opaque:
    """An object whose copy, pickle and state give nothing away."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled.")

    def __getstate__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} has no state to give away.")


class _Unrevealed(NamedTuple):
    """Stands for the text of another library's secret that raised."""

    cause: str


def _revealed(value: Any) -> object:
    """Return the text of a `HidesSecret`, and anything else as it is."""
    try:
        reveal = getattr(value, "get_secret_value", None)
        return reveal() if callable(reveal) else value
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        return _Unrevealed(type(error).__name__)


class Secret(Opaque):
    """A value whose repr, format, comparison, copy and pickle give nothing away."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        value = _revealed(value)
        self._value = value.strip() if isinstance(value, str) else value

    def reveal(self) -> str:
        """Return the value. Only the transport calls this."""
        return self._value if isinstance(self._value, str) else ""

    @property
    def is_text(self) -> bool:
        """True if the value is a str."""
        return isinstance(self._value, str)

    async def awaited(self) -> "Secret":
        """Return the result of an awaitable value, hidden; else this secret."""
        return Secret(await self._value) if inspect.isawaitable(self._value) else self

    def problem(self) -> str | None:
        """Return why this cannot be sent as a credential, without showing it; None if it can."""
        value = self._value
        if isinstance(value, _Unrevealed):
            return f"cannot be revealed ({value.cause})"
        if not isinstance(value, str):
            return f"must be a str, not {type(value).__name__}"
        if not value:
            return "is blank"
        if len(value) > _MAX_LENGTH:
            return f"is longer than {_MAX_LENGTH} characters"
        odd = _NOT_PRINTABLE.search(value)
        if odd is None:
            return None
        if odd[0].isascii():
            return "contains white space or a control character"
        return "contains a character that is not ASCII"

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)


class Credentials(Opaque):
    """The two checked secrets of one call."""

    __slots__ = ("_client_id", "_client_secret")

    def __init__(self, client_id: Secret, client_secret: Secret) -> None:
        self._client_id = client_id
        self._client_secret = client_secret

    def account(self) -> str:
        """Return a digest of the client id, which stays the same when the secret changes."""
        return hashlib.sha256(self._client_id.reveal().encode("ascii")).hexdigest()[:16]

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Return the headers that the API reads, for the transport to add at the last moment."""
        secrets = {"client_id": self._client_id, "client_secret": self._client_secret}
        return tuple(
            [(header, secrets[name].reveal().encode("ascii")) for name, header in _HEADERS]
        )

    def scrub(self, data: bytes) -> bytes:
        """Remove the client secret from a response body."""
        secret = self._client_secret.reveal().encode("ascii")
        return data.replace(secret, b"...") if len(secret) >= _MIN_SCRUBBED else data

    def scrub_headers(
        self, headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Return response headers, names in lower case, without the client secret."""
        secret = self._client_secret.reveal().encode("ascii")
        if len(secret) < _MIN_SCRUBBED:
            return tuple([(name.lower(), value) for name, value in headers])
        return tuple([(name.lower(), value.replace(secret, b"...")) for name, value in headers])

    def scrub_value(self, value: Any) -> Any:
        """Remove it from a JSON value, where it may have been escaped."""
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            return {str(self.scrub_value(k)): self.scrub_value(v) for k, v in members.items()}
        if isinstance(value, list):
            return list(map(self.scrub_value, cast("Iterable[Any]", value)))
        secret = self._client_secret.reveal()
        if type(value) is str and len(secret) >= _MIN_SCRUBBED:
            return value.replace(secret, "...")
        return value

    def __repr__(self) -> str:
        return "Credentials(…)"


Provider: TypeAlias = Callable[[], object]


class CredentialSource:
    """The source of each call's credentials: fixed values, or callables."""

    __slots__ = ("_fixed", "_parts")

    def __init__(self, client_id: object, client_secret: object) -> None:
        self._parts: tuple[Secret | Provider, Secret | Provider] = (
            _part("client_id", client_id),
            _part("client_secret", client_secret),
        )
        first, second = self._parts
        self._fixed = (
            Credentials(first, second)
            if isinstance(first, Secret) and isinstance(second, Secret)
            else None
        )

    @property
    def fixed(self) -> Credentials | None:
        """The credentials, unless a callable provides them."""
        return self._fixed

    def account(self) -> str | None:
        """Return a digest of the client id; None if a callable provides it."""
        part = self._parts[0]
        return Credentials(part, part).account() if isinstance(part, Secret) else None

    def ask(self) -> Credentials:
        """Return the credentials of one call; callables are called. Raises `ConfigurationError`."""
        first, second = (
            part if isinstance(part, Secret) else _asked(name, part)
            for name, part in zip(_NAMES, self._parts, strict=True)
        )
        return Credentials(first, second)

    async def ask_async(self) -> Credentials:
        """Return them as `ask` does; a callable may also return an awaitable."""
        first, second = [
            part if isinstance(part, Secret) else await _asked_async(name, part)
            for name, part in zip(_NAMES, self._parts, strict=True)
        ]
        return Credentials(first, second)


def hide(value: object) -> object:
    """Hide a text; return a callable and None unchanged."""
    return value if value is None or callable(value) else Secret(value)


def variable(name: str) -> Secret | None:
    """Return a variable of the environment, hidden; None if it is blank or not set.

    No frame that may raise holds the environment itself: a traceback would print all of it.
    """
    secret = Secret(os.environ.get(name, ""))
    return secret if secret.reveal() else None


def from_settings(
    client_id: object, client_secret: object, read: Callable[[str], Secret | None] = variable
) -> CredentialSource:
    """Return the given credentials, else those of the environment; both are needed.

    The arguments are results of `hide`. Raises `ConfigurationError`.
    """
    if client_id is None:
        client_id = read(_VARIABLES["client_id"])
    if client_secret is None:
        client_secret = read(_VARIABLES["client_secret"])
    if client_id is None or client_secret is None:
        missing = [
            name
            for name, value in zip(_NAMES, (client_id, client_secret), strict=True)
            if value is None
        ]
        raise ConfigurationError(
            f"{' and '.join(missing)} missing: pass client_id and client_secret, or set "
            "CHESSA_CLIENT_ID and CHESSA_CLIENT_SECRET."
        )
    return CredentialSource(client_id, client_secret)


def _part(name: _Name, value: object) -> Secret | Provider:
    if not isinstance(value, Secret):
        return value if callable(value) else _refuse(name, Secret(value))
    return _refuse(name, value) if value.problem() else value


def _refuse(name: _Name, secret: Secret) -> NoReturn:
    raise ConfigurationError(
        f"{name} {secret.problem()}. Check the argument, or {_VARIABLES[name]} in the environment."
    )


def _asked(name: _Name, provider: Provider) -> Secret:
    failure: str | None = None
    secret = Secret("")
    try:
        answer = provider()
        if inspect.isawaitable(answer):
            if inspect.iscoroutine(answer):
                answer.close()
            failure = "returned an awaitable, which only AsyncChessa can await"
        else:
            secret = Secret(answer)
        del answer
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        failure = f"raised {type(error).__name__}"
    return _checked_answer(name, secret, failure)


async def _asked_async(name: _Name, provider: Provider) -> Secret:
    failure: str | None = None
    secret = Secret("")
    try:
        secret = await Secret(provider()).awaited()
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        failure = f"raised {type(error).__name__}"
    return _checked_answer(name, secret, failure)


def _checked_answer(name: _Name, secret: Secret, failure: str | None) -> Secret:
    failure = failure or secret.problem()
    if failure:
        raise ConfigurationError(f"The callable given as {name} {failure}; nothing was sent.")
    return secret
