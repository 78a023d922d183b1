"""Ids, addresses and hashes: invented, in the vendor's forms, and the same for the same seed."""

import hashlib
import secrets
import uuid
from typing import Final

_NAMESPACE: Final = uuid.UUID("6d0c5b0e-55f4-4a8f-9d0b-7c7d5f7b1a10")
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SHORT: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"
TRON: Final = "Tron"
CHAINS: Final = ("Solana", "BNB Chain", TRON)
"""The chains whose names the vendor understands, as far as is known."""


def random_seed() -> str:
    """A seed that no other sandbox has."""
    return secrets.token_hex(8)


def make_id(*parts: object) -> str:
    """A UUID, as most ids of the API are."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def short_id(of: str) -> str:
    """The eight characters that people read out: `N3LBXEUI`."""
    return _letters(of, _SHORT, 8)


def refund_id(of: str) -> str:
    """The form of the vendor's example: `ref_123456789abcdef`."""
    return f"ref_{hashlib.sha256(of.encode()).hexdigest()[:15]}"


def effective_chain(chain: str) -> str:
    """The chain that a funding call ends up on.

    A name that the vendor does not know (`BEP20`) quietly becomes Tron, whatever the order said: an
    integrator lost money to it, so that code should be able to meet it here.
    """
    return chain if chain in CHAINS else TRON


def address(chain: str, of: str) -> str:
    """A deposit address in the form of its chain, without an owner."""
    match chain:
        case "Solana":
            return _letters(of, _BASE58, 44)
        case "BNB Chain":
            return f"0x{hashlib.sha256(of.encode()).hexdigest()[:40]}"
        case _:
            return f"T{_letters(of, _BASE58, 33)}"


def transaction(chain: str, of: str) -> str:
    """The hash of a transaction on a chain."""
    if chain == "Solana":
        return _letters(f"transaction/{of}", _BASE58, 88)
    return hashlib.sha256(f"transaction/{of}".encode()).hexdigest()


def explorer_url(chain: str, transaction_hash: str) -> str:
    """Return the URL of a transaction; only Solana's explorer is documented."""
    host = "solscan.io" if chain == "Solana" else "explorer.invalid"
    return f"https://{host}/tx/{transaction_hash}"


def _letters(of: str, alphabet: str, count: int) -> str:
    number = int.from_bytes(hashlib.sha512(of.encode()).digest() * 2, "big")
    letters: list[str] = []
    for _ in range(count):
        number, index = divmod(number, len(alphabet))
        letters.append(alphabet[index])
    return "".join(letters)
