"""Calls as an application sees them: OpenTelemetry, and the drift of the API from its spec."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._draft import draft_overlay, merge, questions
    from ._gauges import observe_journal
    from ._places import Drift, DriftKind, DriftPlace
    from ._settings import Telemetry

__all__ = [
    "Drift",
    "DriftKind",
    "DriftPlace",
    "Telemetry",
    "draft_overlay",
    "merge",
    "observe_journal",
    "questions",
]

if not TYPE_CHECKING:
    _HOMES = {
        "Telemetry": "_settings",
        "draft_overlay": "_draft",
        "merge": "_draft",
        "observe_journal": "_gauges",
        "questions": "_draft",
    }

    def __getattr__(name):
        """Load a name when it is first asked for."""
        import importlib

        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(f".{_HOMES.get(name, '_places')}", __name__)
        value = globals()[name] = getattr(module, name)
        return value

    def __dir__():
        return sorted(__all__)
