"""What an application sees of its calls: OpenTelemetry."""

from ._settings import Telemetry

__all__ = ["Telemetry"]
