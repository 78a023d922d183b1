"""Mistakes to plant in the client: each could cost money, time or a secret, and the matrix sees it.

In: a copy of both packages. Out: the copy with one mistake in it. Each names the fault of the
catalogue that brings it to light.
"""

from pathlib import Path
from typing import Final

import attrs


@attrs.frozen
class Edit:
    """A text that stands in a file of `chessa` once, and what is put in its place."""

    file: str
    find: str
    put: str

    def apply(self, folder: Path) -> None:
        """Change the copy in this folder."""
        path = folder / "chessa" / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.find) != 1:
            raise AssertionError(
                f"{self.file} has {text.count(self.find)} places for {self.find!r}"
            )
        path.write_text(text.replace(self.find, self.put), encoding="utf-8")


@attrs.frozen
class Mutation:
    """A mistake, and the fault that shows it."""

    name: str
    seen_with: str
    edits: tuple[Edit, ...]

    def plant(self, folder: Path) -> None:
        """Change the copy in this folder."""
        for edit in self.edits:
            edit.apply(folder)


def _mutation(name: str, seen_with: str, *edits: tuple[str, str, str]) -> Mutation:
    return Mutation(name, seen_with, tuple(Edit(*edit) for edit in edits))


_JUDGE: Final = "_call/outcomes.py"
_RETRY: Final = "_call/retry.py"
_BODIES: Final = "_call/bodies.py"
_CONNECTIONS: Final = "_transport/connections.py"
_EVIDENCE: Final = "_transport/evidence.py"
_FAILURES: Final = "_transport/exceptions.py"
_NETWORK: Final = "_transport/network.py"

_READ_TIMEOUT_CONNECTS: Final = (
    _FAILURES,
    '"ConnectTimeout", "PoolTimeout",',
    '"ConnectTimeout", "PoolTimeout", "ReadTimeout",',
)
_EVIDENCE_NOT_ASKED: Final = (
    _JUDGE,
    "facts.trouble in ESTABLISHING and facts.nothing_sent",
    "facts.trouble in ESTABLISHING",
)
_SINGLE_SYNC: Final = (
    "        if not is_read:\n"
    "            return self._makers.single()\n"
    "        return self._pools.get(os.getpid())"
)
_CLOSE_SYNC: Final = "        finally:\n            quietly(carrier.close)\n"

MUTATIONS: Final = (
    # Either alone changes no outcome: the evidence and the kind of failure must both say so.
    _mutation(
        "a read that times out is a failure to connect",
        "silence",
        _READ_TIMEOUT_CONNECTS,
        _EVIDENCE_NOT_ASKED,
    ),
    _mutation(
        "409 is a refusal", "409 in the vendor's words", (_JUDGE, "{408, 409, 423,", "{408, 423,")
    ),
    _mutation(
        "a status is a refusal without the vendor's words",
        "403 as a page",
        (_JUDGE, "        and facts.envelope_status == status\n", ""),
    ),
    _mutation(
        "a write is repeated after 503",
        "503 in the vendor's words",
        (
            _RETRY,
            "return tried.is_read and tried.status_code in REPEATABLE_STATUSES",
            "return tried.status_code in REPEATABLE_STATUSES",
        ),
    ),
    _mutation(
        "a write is repeated after a lost connection",
        "closed after the request",
        (_RETRY, "return tried.is_read or tried.outcome is Outcome.NOT_SENT", "return True"),
    ),
    _mutation(
        "the evidence says that nothing was sent",
        "closed after the request",
        (_EVIDENCE, "return self._tracked and not self._sent", "return self._tracked"),
    ),
    _mutation(
        "the first byte is not noted",
        "reset after the request",
        (_NETWORK, "    attempt.evidence.mark_sent()\n", ""),
    ),
    _mutation(
        "writes use kept connections",
        "reused: closed once read",
        (_CONNECTIONS, _SINGLE_SYNC, "        return self._pools.get(os.getpid())"),
        (_CONNECTIONS, _CLOSE_SYNC, "        finally:\n            pass\n"),
    ),
    _mutation(
        "a connection is kept whatever came in",
        "reused: a byte too many, another's answer",
        (
            "_transport/keepalive.py",
            "return is_whole and is_success and ends_exactly(received, status_code, headers)",
            "return True",
        ),
    ),
    _mutation(
        "a redirect is followed",
        "302 Found to another host",
        (
            "_transport/lane.py",
            "        return Arriving(",
            '        onwards = [value for name, value in reader.headers if name == b"location"]\n'
            "        if onwards:\n"
            '            answer = httpcore.request("GET", onwards[0])\n'
            "            body = [answer.content]\n"
            "            return Arriving(answer.status, tuple(answer.headers), body, finish)\n"
            "        return Arriving(",
        ),
    ),
    _mutation(
        "gzip that is cut is taken for whole",
        "gzip without its trailer",
        (_BODIES, "if not inflater.eof or inflater.unused_data:", "if inflater.unused_data:"),
    ),
    _mutation(
        "gzip is unpacked without a limit",
        "a bomb",
        (_BODIES, "    if len(plain) > limit:\n", "    if False:\n"),
        (_BODIES, "inflater.decompress(body, limit + 1)", "inflater.decompress(body)"),
    ),
    _mutation(
        "a read is not bound to the deadline",
        "headers that drip",
        (
            _NETWORK,
            "self._stream.read(max_bytes, bounded(timeout, httpcore.ReadTimeout))",
            "self._stream.read(max_bytes, timeout)",
        ),
    ),
    _mutation(
        "a look-up is not bound to the deadline",
        "a look-up that hangs",
        ("_transport/resolver.py", "answers.get(timeout=timeout)", "answers.get()"),
    ),
    _mutation(
        "certificates are not checked",
        "TLS: untrusted authority",
        (
            "_transport/tls.py",
            "    context.load_verify_locations(cafile=certifi.where())\n",
            "    context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE\n",
        ),
    ),
    _mutation(
        "a secret that a server sends back is shown",
        "a refusal that shows the secret",
        ("_secrets.py", 'return value.replace(secret, "...")', "return value"),
    ),
)
