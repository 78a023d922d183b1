"""Checks of a transport or client of the caller's, made when a `Chessa` is created."""

from typing import Literal

from ._errors import ConfigurationError


def check_supplied(
    transport: object,
    http_client: object,
    *,
    mode: Literal["sync", "async"],
    proxy: object,
    tls: object,
) -> None:
    """Raise `ConfigurationError` for one that cannot send, or a setting without effect on it."""
    if transport is None and http_client is None:
        return
    from ._transport.adapter import is_client, is_transport, makes

    prefix = "Async" if mode == "async" else ""
    if transport is not None and http_client is not None:
        raise ConfigurationError("Give transport or http_client, not both.")
    if transport is not None and not (is_transport(transport, mode) or makes(transport, mode)):
        raise ConfigurationError(
            f"transport must be an httpx.{prefix}BaseTransport, or a callable without arguments "
            f"that returns one, such as transport=lambda: httpx.{prefix}HTTPTransport()."
        )
    if http_client is not None and not is_client(http_client, mode):
        raise ConfigurationError(f"http_client must be an httpx.{prefix}Client, or one of httpx2.")
    for name, given in (("proxy", proxy), ("ssl_context", tls)):
        if given is not None:
            brought = "transport" if transport is not None else "http_client"
            raise ConfigurationError(
                f"{name} has no effect together with {brought}: configure the {brought} with it."
            )
