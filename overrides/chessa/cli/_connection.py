"""The client and the journal of a command, from the environment, a file, or a prompt.

No secret is an option: the process list and the shell's history would show it.
"""

import os
import re
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click

from chessa_api.operation import Operation, RawResponse

from .._client import Chessa
from .._config import MAX_RESPONSE_BYTES, Settings, read_settings
from .._credentials import Secret, hide
from .._errors import ConfigurationError
from ._output import is_terminal, say

if TYPE_CHECKING:
    from ..journal import SqlJournal

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
CREDENTIALS: Final = {
    "client_id": "CHESSA_CLIENT_ID",
    "client_secret": "CHESSA_CLIENT_SECRET",
}
JOURNAL_VARIABLE: Final = "CHESSA_JOURNAL"
_PASSWORD: Final = re.compile(r"[^:/]*:[^@]*@")
"""As SQLAlchemy finds it: it may hold a slash."""
_MOST_OF_A_FILE: Final = 64 * 1024


@attrs.frozen
class Access:
    """The options of every command."""

    credentials: Path | None = None
    """A file with lines `CHESSA_CLIENT_ID=…` and `CHESSA_CLIENT_SECRET=…`."""
    base_url: str | None = None
    trust_env: bool = False

    def client(self, *, timeout: float | None = None, journal: Any = None) -> Chessa:
        """Return a client. Raises `ConfigurationError`."""
        found = self.read_credentials()
        missing = {
            name: variable
            for name, variable in CREDENTIALS.items()
            if name not in found and not os.environ.get(variable, "").strip()
        }
        if missing and not is_terminal(sys.stdin):
            raise ConfigurationError(
                f"{' and '.join(missing)} missing: set {' and '.join(missing.values())}, or pass "
                "--credentials FILE."
            )
        for name in missing:
            found[name] = Secret(_asked_for(name))
        return Chessa(
            client_id=_provider(found.get("client_id")),
            client_secret=_provider(found.get("client_secret")),
            base_url=self.base_url,
            trust_env=self.trust_env,
            timeout=timeout,
            journal=journal,
        )

    def settings(self) -> Settings:
        """Return the settings of a client, without its credentials. Raises `ConfigurationError`."""
        return read_settings(
            base_url=hide(self.base_url),
            proxy=None,
            trust_env=self.trust_env,
            max_response_bytes=MAX_RESPONSE_BYTES,
        )

    def read_credentials(self) -> dict[str, Secret]:
        """Return the credentials that a file holds, none without a file.

        Raises `ConfigurationError`, also for a file without both: the other one, of the
        environment, may be of another account.
        """
        if self.credentials is None:
            return {}
        held = read_variables(self.credentials)
        missing = [variable for variable in CREDENTIALS.values() if variable not in held]
        if missing:
            lines = " and ".join(f"{variable}=…" for variable in missing)
            raise ConfigurationError(f"The file of --credentials has no line {lines}.")
        return {name: held[variable] for name, variable in CREDENTIALS.items()}


def performed(
    client: Chessa, operation: Operation[T], arguments: Mapping[str, object]
) -> RawResponse[T]:
    """Perform an operation. Raises `ChessaError`."""
    return client._performer.perform_raw(operation, arguments)  # pyright: ignore[reportPrivateUsage]


def _provider(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def _asked_for(name: str) -> str:
    text = name.replace("_", " ")
    answer: str = click.prompt(text, hide_input=name == "client_secret", err=True)
    return answer


def read_variables(path: Path) -> Mapping[str, Secret]:
    """Return the variables of a file of lines `NAME=VALUE`, hidden. Raises `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            is_shared = bool(os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO))
            held = Secret(file.read(_MOST_OF_A_FILE).decode("utf-8", "replace"))
    except OSError as error:
        problem = error.strerror
    else:
        if is_shared and os.name == "posix":
            say(f"Note: others may read {path}: chmod 600 it.")
        return dict(_lines(held))
    raise ConfigurationError(f"The file of --credentials cannot be read: {problem}.")


def _lines(held: Secret) -> list[tuple[str, Secret]]:
    found: list[tuple[str, Secret]] = []
    for line in held.reveal().splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            found.append((name.strip(), Secret(value.strip().strip("\"'"))))
    return found


def journal_of(url: str | None, account: str | None = None) -> "SqlJournal | None":
    """Return the journal that `--journal` or CHESSA_JOURNAL names.

    Raises `ConfigurationError`, `click.UsageError`, and `ModuleNotFoundError` without the extra.
    """
    if url is not None and _has_password(url):
        raise click.UsageError(
            "--journal has a password, which the process list and the shell's history show: "
            f"set {JOURNAL_VARIABLE} instead."
        )
    named = Secret(url or os.environ.get(JOURNAL_VARIABLE, ""))
    if not named.reveal():
        return None
    from ..journal import SqlJournal

    place = _sqlite_file(named.reveal())
    is_new = place is not None and not place.exists()
    journal = SqlJournal(named.reveal(), account=account)
    if is_new:
        say(f"Note: the journal {place} is new, and knows of no earlier write. Check the path.")
    return journal


def needed_journal(url: str | None, account: str | None = None) -> "SqlJournal":
    """Return a journal that is there, to be read: a misspelt file would say that nothing is open.

    Raises what `journal_of` does, and `click.UsageError` where none is named.
    """
    place = _sqlite_file(Secret(url or os.environ.get(JOURNAL_VARIABLE, "")).reveal())
    if place is not None and not place.exists():
        raise ConfigurationError(
            f"There is no journal at {place}. Check the path; the first write makes the file."
        )
    journal = journal_of(url, account)
    if journal is None:
        raise click.UsageError(f"Name the journal: --journal URL, or {JOURNAL_VARIABLE}.")
    return journal


def _sqlite_file(url: str) -> Path | None:
    """Return the file that a URL names; None for another database."""
    scheme, _, rest = url.partition("://")
    if not scheme.startswith("sqlite") or not rest.startswith("/"):
        return None
    return Path(rest[1:].partition("?")[0])


def _has_password(url: str) -> bool:
    return _PASSWORD.match(url.partition("://")[2]) is not None or "password=" in url.lower()


def journal_options(function: F) -> F:
    """Add the options that name a journal."""
    url = click.option(
        "--journal",
        "journal_url",
        metavar="URL",
        help=f"sqlite:///FILE or postgresql://… [default: {JOURNAL_VARIABLE}]",
    )
    account = click.option(
        "--account", metavar="NAME", help="Whose entries, if the journal has an account= of yours."
    )
    return url(account(function))


class Seconds(click.FloatRange):
    """A number of seconds, called so in messages."""

    name = "number of seconds"


def timeout_option(seconds: str) -> Callable[[F], F]:
    """Return a decorator that adds `--timeout`."""
    return click.option(
        "--timeout",
        type=Seconds(min=0, min_open=True, max=86_400),
        metavar="SECONDS",
        help=f"For everything together [default: {seconds}]",
    )


def output_option(function: F) -> F:
    """Add `--output`."""
    return click.option(
        "--output",
        "form",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help="json has every field.",
    )(function)


def yes_option(function: F) -> F:
    """Add `--yes`."""
    return click.option("--yes", is_flag=True, help="Do not ask first.")(function)


class DeclinedError(Exception):
    """The person said no: nothing was sent."""


def ask(lines: list[str], question: str, *, yes: bool) -> None:
    """Ask a person before something is changed.

    Raises `DeclinedError` if they decline, and `click.UsageError` if no person can be asked.
    """
    if yes:
        return
    if not is_terminal(sys.stdin) or sys.stderr is None:
        raise click.UsageError(
            "stdin is not a terminal, so that no person can be asked: pass --yes."
        )
    for line in lines:
        say(line)
    if not click.confirm(question, err=True):
        raise DeclinedError
