"""The argument `telemetry` of the clients."""

from typing import TYPE_CHECKING

import attrs

from .._errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


@attrs.frozen(kw_only=True)
class Telemetry:
    """The OpenTelemetry settings of a client: `Chessa(telemetry=Telemetry(reference=True))`."""

    tracer_provider: "TracerProvider | None" = None
    """Default: the global one, once the application has set it."""
    meter_provider: "MeterProvider | None" = None
    """Default: the global one, once the application has set it."""
    reference: bool = False
    """Whether spans have `chessa.reference`, your own name of a call. It may name a customer."""


def check(telemetry: object) -> Telemetry | bool:
    """Return the argument. Raises `ConfigurationError` for what is not a Telemetry or a bool."""
    if isinstance(telemetry, Telemetry | bool):
        return telemetry
    raise ConfigurationError("telemetry must be a chessa.telemetry.Telemetry, True or False.")
