"""Mistakes to plant in the client: each could cost money, time or a secret, and a test sees it.

Each names the fault of the catalogue that brings it to light, or a test of its own where no fault
of the wire can.
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
    """A mistake, and the fault or the test that shows it."""

    name: str
    seen_with: str
    """The name of a fault, or the id of a test."""
    edits: tuple[Edit, ...]

    @property
    def is_seen_by_a_fault(self) -> bool:
        """Whether the matrix shows it."""
        return "::" not in self.seen_with

    def plant(self, folder: Path) -> None:
        """Change the copy in this folder."""
        for edit in self.edits:
            edit.apply(folder)


def _mutation(name: str, seen_with: str, *edits: tuple[str, str, str]) -> Mutation:
    return Mutation(name, seen_with, tuple(Edit(*edit) for edit in edits))


_OUTCOMES: Final = "_call/outcomes.py"
_RETRY: Final = "_call/retry.py"
_BODIES: Final = "_call/bodies.py"
_EVIDENCE: Final = "_transport/evidence.py"
_EXCEPTIONS: Final = "_transport/exceptions.py"
_NETWORK: Final = "_transport/network.py"
_SOCKETS: Final = "_transport/sockets.py"
_CHANNELS: Final = "_transport/channels.py"

_READ_TIMEOUT_CONNECTS: Final = (
    _EXCEPTIONS,
    '"ConnectTimeout", "PoolTimeout",',
    '"ConnectTimeout", "PoolTimeout", "ReadTimeout",',
)
_EVIDENCE_NOT_ASKED: Final = (
    _OUTCOMES,
    "result.kind in ESTABLISHING and result.nothing_sent",
    "result.kind in ESTABLISHING",
)
_RESPONSE: Final = (
    "        self._response = self._transport.handle_request(plain_request(attempt))\n"
)

MUTATIONS: Final = (
    # Either alone changes no outcome: the evidence and the kind of failure must both say so.
    _mutation(
        "a read that times out is a failure to connect",
        "silence",
        _READ_TIMEOUT_CONNECTS,
        _EVIDENCE_NOT_ASKED,
    ),
    _mutation(
        "409 is a refusal",
        "409 in the vendor's words",
        (_OUTCOMES, "{408, 409, 423,", "{408, 423,"),
    ),
    _mutation(
        "a status is a refusal without the vendor's words",
        "403 as a page",
        (_OUTCOMES, "        and result.error.envelope_status == status\n", ""),
    ),
    _mutation(
        "a write is repeated after 503",
        "503 in the vendor's words",
        (
            _RETRY,
            "return is_read and status_code in RETRYABLE_STATUSES",
            "return status_code in RETRYABLE_STATUSES",
        ),
    ),
    _mutation(
        "a write is repeated after a lost connection",
        "closed after the request",
        (_RETRY, "return is_read or outcome is Outcome.NOT_SENT", "return True"),
    ),
    _mutation(
        "the evidence says that nothing was sent",
        "tunnel: closed",
        (_EVIDENCE, "return self._is_tracked and not self._sent", "return self._is_tracked"),
    ),
    _mutation(
        "the first byte is not noted",
        "tunnel: reset",
        (_NETWORK, "        self._watch.evidence.mark_sent()\n", ""),
    ),
    _mutation(
        "writes use kept connections",
        "reused: closed once read",
        (
            _CHANNELS,
            "self._transport = DefaultTransport(self._endpoint, is_kept=False)",
            "self._transport = self._stack.take()",
        ),
    ),
    _mutation(
        "a connection is kept whatever came in",
        "reused: both answers in one piece",
        (
            "_transport/keepalive.py",
            "return is_complete and is_success and ends_exactly(received, status_code, headers)",
            "return True",
        ),
    ),
    _mutation(
        "a redirect is followed",
        "302 Found to another host",
        (
            _CHANNELS,
            _RESPONSE,
            _RESPONSE + '        if "location" in self._response.headers:\n'
            '            self._response = httpx.get(self._response.headers["location"])\n',
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
            _SOCKETS,
            "end = time.monotonic() + self._watch.bounded(timeout, httpcore.ReadTimeout)",
            "end = time.monotonic() + (timeout or 60.0)",
        ),
    ),
    _mutation(
        "a look-up is not bound to the deadline",
        "a look-up that hangs",
        ("_transport/resolver.py", "take(answers, timeout)", "answers.get()"),
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
        ("_credentials.py", 'return value.replace(secret, "...")', "return value"),
    ),
    # ---- Seen by tests of their own
    _mutation(
        "a server is heard before it is asked",
        "tests/unit/test_early_bytes.py::test_a_server_that_speaks_before_it_is_asked_is_not_heard",
        (_NETWORK, "received = self._stream.peek()", "received = None"),
    ),
    _mutation(
        "the start of the headers is not evidence",
        "tests/unit/test_evidence.py::test_a_request_that_was_sent_stays_sent",
        (_EVIDENCE, "self._sent = self._sent or not self._is_tunnelling", "pass"),
    ),
    _mutation(
        "an interruption is swallowed",
        "tests/unit/test_client.py::test_what_a_transport_raises_of_its_own_comes_out_as_itself",
        (
            _EXCEPTIONS,
            "    if not _is_of_the_wire(error, is_ours=is_ours):\n        return None\n",
            "",
        ),
    ),
)
