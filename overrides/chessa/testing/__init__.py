"""A stand-in for the Chessa API, for tests: no network, no credentials of the vendor.

with chessa.testing.sandbox() as api:
    chessa = api.client()
    api.lose_next_answer()

Needs the extra: `pip install "chessa[sandbox]"`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._domain.clock import Clock
    from ._domain.life_cycle import SandboxOrder
    from ._domain.records import (
        Mistakes,
        Movement,
        PaymentRules,
        RequestCounts,
        SandboxRecipient,
        SandboxRefund,
        SandboxRequest,
    )
    from ._errors import LifeCycleError, SandboxError
    from ._http.server import serve
    from ._sandbox import Sandbox, sandbox

__all__ = [
    "Clock",
    "LifeCycleError",
    "Mistakes",
    "Movement",
    "PaymentRules",
    "RequestCounts",
    "Sandbox",
    "SandboxError",
    "SandboxOrder",
    "SandboxRecipient",
    "SandboxRefund",
    "SandboxRequest",
    "sandbox",
    "serve",
]

if not TYPE_CHECKING:
    _HOMES = {
        "Clock": "_domain.clock",
        "LifeCycleError": "_errors",
        "SandboxError": "_errors",
        "SandboxOrder": "_domain.life_cycle",
        "Sandbox": "_sandbox",
        "sandbox": "_sandbox",
        "serve": "_http.server",
    }

    def __getattr__(name):
        """Load a public name when it is first asked for, and say which extra it needs."""
        import importlib

        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(f".{_HOMES.get(name, '_domain.records')}", __name__)
        except ModuleNotFoundError as error:
            from ._extra import explain_missing_extra

            raise explain_missing_extra(error) from None
        value = globals()[name] = getattr(module, name)
        return value

    def __dir__():
        return sorted(__all__)
