"""Transports without httpcore: faster, straight to the origin, not seen by what patches httpx.

    Chessa(transport=DirectTransport)
    AsyncChessa(transport=AsyncDirectTransport)

Ordinary httpx transports, which work in an `httpx.Client` as well, without proxy and HTTP/2.
"""

from ._transports import AsyncDirectTransport, DirectTransport

__all__ = ["AsyncDirectTransport", "DirectTransport"]
