"""The writes of a ledger without a known end, as metrics: their number, and the age of the oldest.

They are read when the metrics are collected.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from .. import _log
from .._errors import ChessaError
from ._settings import Telemetry
from ._spans import meter_of


class _Entry(Protocol):
    @property
    def age(self) -> float: ...


class _Ledger(Protocol):
    def open(self) -> Sequence[_Entry]: ...


def observe_journal(journal: _Ledger, *, meter_provider: MeterProvider | None = None) -> None:
    """Add two gauges: `chessa.journal.open`, and `chessa.journal.oldest_open` in seconds.

    The journal is read whenever the metrics are collected, from the thread that does so; while it
    cannot be read there is no value, and a line in the log.

    Args:
        journal: A `SqlJournal` with an `account`, on an engine that blocks.
        meter_provider: Default: the global one. Without one this does nothing.
    """
    meter = meter_of(Telemetry(meter_provider=meter_provider))
    if meter is None:
        return

    def ages() -> list[float] | None:
        try:
            return [entry.age for entry in journal.open()]
        except ChessaError as error:
            _log.hook_failed("journal", observe_journal, error)
            return None

    def count(_: CallbackOptions) -> Iterable[Observation]:
        found = ages()
        return [] if found is None else [Observation(len(found))]

    def oldest(_: CallbackOptions) -> Iterable[Observation]:
        found = ages()
        return [] if found is None else [Observation(max(found, default=0.0))]

    described = "Writes without a known end."
    meter.create_observable_gauge("chessa.journal.open", [count], "{record}", described)
    described = "Age of the oldest write without a known end."
    meter.create_observable_gauge("chessa.journal.oldest_open", [oldest], "s", described)
