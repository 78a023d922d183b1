"""Requests that the API sends to you, decoded: `webhooks.WEBHOOKS["order.paid"].decode(body)`.

Each webhook of the spec, and each callback, is a constant as well; `WEBHOOKS` is empty where the
spec documents none. `decode` does not tell who sent a body: verify its signature first. This is the
public name of a module of the generated package, which is private.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chessa_api.webhooks import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        import chessa_api.webhooks as generated

        if name == "__all__" or name in generated.__all__:
            return getattr(generated, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        import chessa_api.webhooks as generated

        return sorted(generated.__all__)
