"""TLS in memory: in whatever pieces records come, what they hold comes out, and no part is lost."""

import ssl

import pytest

from chessa._transport.tls_records import TlsRecords
from tests.marks import table

from .tls_server import serving, trusting


class Peer:
    """The other end, in memory too."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = serving().wrap_bio(self.incoming, self.outgoing, server_side=True)

    def say(self, data: bytes) -> bytes:
        """Return a record of this."""
        self.tls.write(data)
        return self.outgoing.read()

    def shake_hands(self, ours: TlsRecords, size: int) -> None:
        """Go through the handshake, the replies of the server in pieces of so many bytes."""
        is_over = False
        while not ours.shake_hands() or not is_over:
            self.incoming.write(ours.to_send())
            try:
                self.tls.do_handshake()
                is_over = True
            except ssl.SSLWantReadError:
                pass
            sent = self.outgoing.read()
            for start in range(0, len(sent), size):
                ours.receive(sent[start : start + size])


def connected(size: int = 65_536) -> tuple[TlsRecords, Peer]:
    """Return both ends after the handshake."""
    ours, peer = TlsRecords(trusting(), "localhost"), Peer()
    peer.shake_hands(ours, size)
    assert ours.decrypt() == b""
    return ours, peer


@table("size", [1, 2, 4, 5, 6, 100, 65_536])
def test_records_may_come_in_pieces(size: int) -> None:
    """Of any size, within a header too: all comes out, and between records nothing is held."""
    ours, peer = connected(size)
    sent = peer.say(b"one") + peer.say(b"two" * 10_000)
    plain = b""
    for start in range(0, len(sent), size):
        ours.receive(sent[start : start + size])
        plain += ours.decrypt()
    assert plain == b"one" + b"two" * 10_000
    assert not ours.holds_more


@table("kept", [1, 4, 5, 6, -1])
def test_a_part_of_a_record_is_seen(kept: int) -> None:
    """Until its last byte is here; then what it holds is."""
    ours, peer = connected()
    answer, stray = peer.say(b"answer"), peer.say(b"stray")
    ours.receive(answer + stray[:kept])
    assert ours.decrypt() == b"answer"
    assert ours.holds_more
    ours.receive(stray[kept:])
    assert ours.read(2) == b"st"
    assert ours.holds_more
    assert ours.read(100) == b"ray"
    assert not ours.holds_more


@table(
    "noise",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\xff\xff", b"\x17\x02\x00\x00\x01x"],
)
def test_what_is_no_record_is_refused_at_once(noise: bytes) -> None:
    """Bytes that only look like the header of a record are rejected at once."""
    ours = TlsRecords(trusting(), "localhost")
    assert not ours.shake_hands()
    ours.receive(noise)
    with pytest.raises(ssl.SSLError):
        ours.shake_hands()


def test_what_is_said_arrives_and_so_does_the_goodbye() -> None:
    """In both directions."""
    ours, peer = connected()
    ours.encrypt(b"request" * 10_000)
    peer.incoming.write(ours.to_send())
    received = b""
    while len(received) < 70_000:
        received += peer.tls.read(65_536)
    assert received == b"request" * 10_000
    ours.say_goodbye()
    peer.incoming.write(ours.to_send())
    assert peer.tls.read(1) == b""
    peer.tls.unwrap()
    ours.receive(peer.outgoing.read())
    assert not ours.is_over
    assert (ours.decrypt(), ours.is_over) == (b"", True)
