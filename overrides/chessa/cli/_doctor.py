"""`chessa doctor`: why calls fail, one check after the other."""

import datetime
import email.utils
import os
import platform
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import attrs
import click
from rich.table import Table
from rich.text import Text

from chessa_api import SPEC_HASH
from chessa_api.errors import ChessaError
from chessa_api.index import OPERATIONS
from chessa_api.operation import Operation

from .._config import Settings
from .._credentials import Secret
from .._errors import ApiError
from .._proxy_env import from_environment
from .._version import __version__
from ._connection import CREDENTIALS, JOURNAL_VARIABLE, Access, needed_journal, performed
from ._exits import OTHER, RESULT
from ._journal import age
from ._output import Form, show, show_table
from ._text import cell

State = Literal["ok", "note", "fails"]
_PATIENCE: Final = 10.0
_LARGEST_SKEW: Final = 30.0
"""Seconds between the clocks of this machine and of the server that are nothing to worry about."""
_STYLES: Final = {"ok": "green", "note": "yellow", "fails": "bold red"}


@attrs.frozen
class Check:
    """The result of one check."""

    name: str
    state: State
    found: str
    advice: str | None = None
    """What to do, unless all is well."""


@click.command("doctor")
@click.option(
    "--output",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
)
@click.pass_obj
def COMMAND(access: Access, form: Form) -> int:  # noqa: N802  # as of every module here
    """Check settings, network and clock, make one read, and say what to do.

    Ends with 1 if a check fails. Prints no secret.
    """
    checks: list[Check] = []
    for check in run_checks(access):
        checks.append(check)
        if form == "table":
            print_check(check)
    if form != "table":
        show([attrs.asdict(check) for check in checks], form)
    return OTHER if any(check.state == "fails" for check in checks) else RESULT


def print_check(check: Check) -> None:
    """Print a check on stdout, as soon as it is known."""
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=5)
    line.add_column(width=13)
    line.add_column(overflow="fold")
    texts = (Text(check.state, _STYLES[check.state]), Text(check.name), Text(cell(check.found)))
    line.add_row(*texts)
    if check.advice is not None:
        line.add_row(Text(), Text(), Text(cell(check.advice)))
    show_table(line)


def run_checks(access: Access) -> Iterator[Check]:
    """Make the checks, one after the other; those that need an earlier one are left out."""
    yield versions()
    yield from credentials(access)
    settings, problem = _settings(access)
    if settings is None:
        yield Check("address", "fails", problem, "Set CHESSA_BASE_URL, or --base-url.")
        return
    yield Check("address", "ok", settings.base_url)
    yield proxy(settings)
    if settings.proxy is None:
        resolved = resolve(settings)
        yield resolved
        if resolved.state == "fails":
            return
        yield tls(settings)
    yield from read(access)
    yield from journal()


def versions() -> Check:
    """Return the versions of what takes part."""
    from importlib.metadata import version

    parts = [
        f"chessa {__version__}",
        f"spec {SPEC_HASH[:12]}",
        f"Python {platform.python_version()}",
    ]
    parts += [f"{name} {version(name)}" for name in ("httpx", "httpcore")]
    openssl = " ".join(ssl.OPENSSL_VERSION.split()[:2])
    return Check("versions", "ok", ", ".join([*parts, openssl]))


def credentials(access: Access) -> Iterator[Check]:
    """Check that both credentials are there, and can be sent."""
    try:
        held = access.read_credentials()
    except ChessaError as error:
        yield Check("credentials", "fails", str(error), "Check the path and who may read the file.")
        return
    for name, variable in CREDENTIALS.items():
        from_file = held.get(name)
        secret = from_file or Secret(os.environ.get(variable, ""))
        source = "the file of --credentials" if from_file else variable
        if not secret.reveal():
            advice = f"Set {variable}, or name a file that has it: --credentials FILE."
            yield Check(name, "fails", "is missing", advice)
        elif problem := secret.problem():
            yield Check(name, "fails", f"{problem} ({source})", f"Check the value of {variable}.")
        else:
            yield Check(name, "ok", f"from {source}, {len(secret.reveal())} characters")


def _settings(access: Access) -> tuple[Settings | None, str]:
    try:
        return access.settings(), ""
    except ChessaError as error:
        return None, str(error)


def proxy(settings: Settings) -> Check:
    """Tell which proxy is used, and which one of the environment is not."""
    if settings.proxy is not None:
        return Check("proxy", "ok", f"{settings.proxy.origin.url}, from the environment")
    found = from_environment(settings.origin)
    if found is None:
        return Check("proxy", "ok", "none")
    advice = "If this network needs it: --trust-env, or trust_env=True in your program."
    return Check("proxy", "note", f"none; {found.name} is set and not used", advice)


def resolve(settings: Settings) -> Check:
    """Resolve the host's name."""
    host, began = settings.origin.host, time.monotonic()
    try:
        found = socket.getaddrinfo(host, _port(settings), type=socket.SOCK_STREAM)
    except OSError as error:
        advice = "Check the name, and the DNS of this machine; behind a proxy try --trust-env."
        return Check("dns", "fails", f"{host}: {error.strerror or type(error).__name__}", advice)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    shown = ", ".join(addresses[:4]) + (" …" if len(addresses) > 4 else "")
    return Check("dns", "ok", f"{host}: {shown} ({_milliseconds(began)})")


def _port(settings: Settings) -> int:
    return settings.origin.port or (443 if settings.origin.scheme == "https" else 80)


def _milliseconds(began: float) -> str:
    return f"{(time.monotonic() - began) * 1000:.0f} ms"


def tls(settings: Settings) -> Check:
    """Connect, and check the certificate as the client does."""
    from .._transport.tls import make_context

    began, place = time.monotonic(), (settings.origin.host, _port(settings))
    try:
        with socket.create_connection(place, timeout=_PATIENCE) as connected:
            if settings.origin.scheme != "https":
                return Check("tls", "ok", f"none: http; connected ({_milliseconds(began)})")
            context = make_context(trust_env=settings.trust_env)
            with context.wrap_socket(connected, server_hostname=settings.origin.host) as secured:
                return _certificate(secured.version(), secured.getpeercert() or {}, began)
    except ssl.SSLCertVerificationError as error:
        advice = (
            "If a proxy inspects TLS, --trust-env trusts the certificates of this machine; "
            "else ask who runs the network."
        )
        return Check("tls", "fails", f"the certificate: {error.verify_message}", advice)
    except ssl.SSLError as error:
        return Check("tls", "fails", f"the handshake: {error.reason}", "Is it an https server?")
    except OSError as error:
        advice = "Check the port, firewalls and proxies."
        return Check("tls", "fails", f"no connection: {error.strerror or 'time ran out'}", advice)


def _certificate(version: str | None, certificate: Mapping[str, Any], began: float) -> Check:
    until = str(certificate.get("notAfter", ""))
    issuer = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    name = issuer.get("organizationName", "unknown")
    text = f"{version}, certificate by {name} until {until} ({_milliseconds(began)})"
    return Check("tls", "ok", text)


def probe() -> Operation[Any] | None:
    """Return a read that needs no argument, of the least personal data."""
    reads = (each for each in OPERATIONS.values() if each.is_read)
    found = [each for each in reads if not any(a.required for a in each.arguments)]
    return min(found, key=lambda each: each.is_personal, default=None)


def read(access: Access) -> Iterator[Check]:
    """Make one read, and compare the server's clock with that of this machine."""
    operation = probe()
    if operation is None:
        return
    headers: Mapping[str, str] = {}
    began = time.monotonic()
    try:
        with access.client(timeout=_PATIENCE) as client:
            raw = performed(client, operation, {})
        headers = raw.headers
        yield Check("read", "ok", f"{operation.name}: {raw.status_code} ({_milliseconds(began)})")
    except ChessaError as error:
        if isinstance(error, ApiError):
            headers = error.headers
        yield Check("read", "fails", str(error), _advice_on(error))
    yield from clock(headers.get("date"), datetime.datetime.now(datetime.UTC))


def _advice_on(error: ChessaError) -> str | None:
    if isinstance(error, ApiError) and error.status_code in (401, 403):
        return "The server was reached: the credentials are wrong, or those of another environment."
    return None


def clock(date: str | None, now: datetime.datetime) -> Iterator[Check]:
    """Compare the `Date` of a response with the clock of this machine."""
    try:
        theirs = email.utils.parsedate_to_datetime(date or "")
    except ValueError:
        return
    skew = (now - theirs.astimezone(datetime.UTC)).total_seconds()
    if abs(skew) <= _LARGEST_SKEW:
        yield Check("clock", "ok", "agrees with the server's")
        return
    side = "ahead of" if skew > 0 else "behind"
    advice = "Set the clock: certificates and expiries are judged by it."
    yield Check("clock", "note", f"{abs(skew):.0f} s {side} the server's", advice)


def journal() -> Iterator[Check]:
    """Check the journal that the environment names, and tell how much in it is open."""
    if not os.environ.get(JOURNAL_VARIABLE, "").strip():
        yield Check("journal", "ok", f"none named by {JOURNAL_VARIABLE}")
        return
    try:
        with needed_journal(None) as opened:
            found = opened.open()
    except (ChessaError, ModuleNotFoundError) as error:
        text = str(error)
        advice = None if JOURNAL_VARIABLE in text else f"Check {JOURNAL_VARIABLE}."
        yield Check("journal", "fails", text, advice)
        return
    if found:
        text = f"{len(found)} open, the oldest for {age(found[0].age)}"
        yield Check("journal", "note", text, "Run: chessa journal reconcile")
    else:
        yield Check("journal", "ok", "nothing is open")
