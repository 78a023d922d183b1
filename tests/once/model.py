"""A model of the ledger: its rules over plain values."""

from typing import Final

import attrs

from chessa import Outcome

FREE: Final = ("not_sent", "rejected")
ENDS: Final = {
    None: "result",
    Outcome.NOT_SENT: "not_sent",
    Outcome.REJECTED: "rejected",
    Outcome.UNKNOWN: "unknown",
    Outcome.DONE: "done",
}


@attrs.define
class Row:
    """One entry."""

    call_id: str
    reference: str
    subject: str | None
    arguments: str
    once: bool
    state: str = "claimed"
    is_lapsed: bool = False
    has_result: bool = False
    history: list[str] = attrs.field(factory=list[str])

    @property
    def is_unknown(self) -> bool:
        """Return whether its outcome is UNKNOWN."""
        return self.state == "unknown" or (self.state == "claimed" and self.is_lapsed)


@attrs.frozen
class Asked:
    """One write that wants to be sent."""

    call_id: str
    reference: str
    subject: str | None
    arguments: str
    once: bool
    is_harmless: bool
    retry_rejected: bool


class Model:
    """The entries of one operation and account."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def claim(self, asked: Asked) -> str:
        """Return the verdict on a write; make or take its entry if it may be sent."""
        own = self.own(asked.reference) if asked.once else None
        verdict = self._verdict(asked, own)
        if verdict != "claim":
            return verdict
        row = Row(asked.call_id, asked.reference, asked.subject, asked.arguments, asked.once)
        if own is not None:
            row.history = [*own.history, own.state]
            self.rows.remove(own)
        self.rows.append(row)
        return verdict

    def own(self, reference: str) -> Row | None:
        """Return the claimed entry of a reference."""
        return next((row for row in self.rows if row.once and row.reference == reference), None)

    def _verdict(self, asked: Asked, own: Row | None) -> str:
        if not asked.once:
            return "claim"
        if own is not None and (verdict := self._on_own(asked, own)) != "claim":
            return verdict
        for row in self.rows:  # oldest first
            is_rival = row.reference == asked.reference or (
                asked.subject is not None and row.subject == asked.subject
            )
            if row is own or not is_rival or row.state in FREE:
                continue
            if row.once:
                return "conflict"
            return "in progress" if row.state == "claimed" and not row.is_lapsed else "unknown"
        return "claim"

    def _on_own(self, asked: Asked, own: Row) -> str:
        if own.state == "not_sent" or (own.state == "rejected" and asked.retry_rejected):
            return "claim"
        if own.arguments != asked.arguments:
            return "conflict"
        if own.state in ("rejected", "result"):
            return {"rejected": "rejected", "result": "replay"}[own.state]
        if own.is_unknown:
            return "claim" if asked.is_harmless else "unknown"
        return "unknown" if own.state == "done" else "in progress"

    def settle(self, call_id: str, outcome: Outcome | None) -> bool:
        """Close the entry of a call, unless a person or another call has it by now."""
        row = next((row for row in self.rows if row.call_id == call_id), None)
        if row is None:
            return False
        if row.state == "claimed":
            row.state, row.has_result = ENDS[outcome], outcome is None
        return row.state == ENDS[outcome]

    def resolve(self, reference: str, outcome: Outcome) -> str:
        """Close the open entry of a reference by a person's word; return why not."""
        found = [
            row
            for row in self.rows
            if row.reference == reference and row.state in ("claimed", "unknown", "done")
        ]
        if len(found) != 1:
            return "InvalidRequestError"
        (row,) = found
        if row.state == "claimed" and not row.is_lapsed:
            return "InProgressError"
        row.state = "result" if outcome is Outcome.DONE else ENDS[outcome]
        row.history.append("resolved")
        return ""
