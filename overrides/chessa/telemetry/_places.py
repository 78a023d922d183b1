"""Differences of live responses from the spec: places and counts, never a value.

A place is an operation, a JSON pointer whose indexes and whose keys that are data are `*`, and the
kind of the difference.
"""

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias, cast, get_args

import attrs

from chessa_api import SPEC_HASH
from chessa_api.errors import DecodeError
from chessa_api.exact_json import dumps, loads

from .._errors import InvalidRequestError
from .._version import __version__

DriftKind: TypeAlias = Literal["absent", "misfit", "unknown key", "enum value", "status"]
KINDS: Final[tuple[DriftKind, ...]] = get_args(DriftKind)
TYPES: Final = frozenset(
    {"null", "boolean", "integer", "number", "string", "date", "date-time", "decimal"}
    | {"array", "object"}
)


@attrs.frozen(kw_only=True)
class DriftPlace:
    """One difference between live responses and the spec."""

    operation: str
    """`orders.retrieve`"""
    status: str
    """The response of the spec: `200`, `2XX`. For the kind `status`, what the server sent."""
    pointer: str
    """`/orders/*/status`; "" for the complete body."""
    kind: DriftKind
    """`absent`: documented, and left out. `misfit`: of another type. `unknown key`, `enum value`,
    `status`: not in the spec."""
    value: str | None = None
    """Of the kind `enum value`, where it has the form of one; else None."""
    types: tuple[str, ...] = ()
    """The JSON types found there, strings by their form: `decimal`, `date-time`."""
    count: int = 1
    """The responses that had it."""
    first: datetime.datetime
    last: datetime.datetime

    @property
    def key(self) -> tuple[str, str, str, str, str | None]:
        """The part that makes two places the same."""
        return self.operation, self.status, self.pointer, self.kind, self.value

    def to_dict(self) -> dict[str, Any]:
        """Return the place in JSON types."""
        return {
            "operation": self.operation,
            "status": self.status,
            "pointer": self.pointer,
            "kind": self.kind,
            "value": self.value,
            "types": list(self.types),
            "count": self.count,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return a place from its JSON. Raises `InvalidRequestError` for what is not one."""
        place = None
        try:
            place = cls(
                operation=str(data["operation"]),
                status=str(data["status"]),
                pointer=str(data["pointer"]),
                kind=data["kind"],
                value=None if data["value"] is None else str(data["value"]),
                types=tuple(data["types"]),
                count=int(data["count"]),
                first=datetime.datetime.fromisoformat(data["first"]),
                last=datetime.datetime.fromisoformat(data["last"]),
            )
        except (KeyError, TypeError, ValueError):
            pass
        if place is not None and place.kind in KINDS and TYPES.issuperset(place.types):
            return place
        raise InvalidRequestError("A place of the drift has not the form that `to_dict` writes.")

    def __str__(self) -> str:
        value = "" if self.value is None else f" {self.value!r}"
        return f"{self.operation} {self.status} {self.pointer or '/'}: {self.kind}{value}"


@attrs.frozen(kw_only=True)
class Drift:
    """The differences from the spec that a client has seen so far: `client.drift`.

    A snapshot; true if there is anything in it.
    """

    places: tuple[DriftPlace, ...] = ()
    """Those seen first come first."""
    lost: int = 0
    """Differences at further places than are kept."""
    spec: str = SPEC_HASH
    """SHA-256 of the effective spec; of several, joined by a comma."""
    version: str = __version__
    """Of the package."""

    def __iter__(self) -> Iterator[DriftPlace]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot in JSON types."""
        places = [place.to_dict() for place in self.places]
        return {
            "chessa": self.version,
            "spec": self.spec,
            "lost": self.lost,
            "places": places,
        }

    def to_json(self) -> bytes:
        """Return the snapshot as JSON."""
        return dumps(self.to_dict())

    def write(self, path: "str | os.PathLike[str]") -> None:
        """Write the snapshot to a file, complete or not at all. Raises `OSError`."""
        place = Path(path)
        part = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            part.write_bytes(self.to_json())
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return a snapshot from its JSON. Raises `InvalidRequestError` for what is not one."""
        try:
            read = cast("Mapping[str, Any]", data)
            places, lost = list(read["places"]), int(read["lost"])
            spec, version = str(read["spec"]), str(read["chessa"])
        except (KeyError, TypeError, ValueError):
            pass
        else:
            found = tuple(map(DriftPlace.from_dict, places))
            return cls(places=found, lost=lost, spec=spec, version=version)
        raise InvalidRequestError("This is not a snapshot of drift as `to_dict` writes it.")

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Return a snapshot from JSON text. Raises `InvalidRequestError`."""
        try:
            return cls.from_dict(loads(data))
        except DecodeError:
            pass
        raise InvalidRequestError("This is not a snapshot of drift: it is not JSON.")

    @classmethod
    def read(cls, path: "str | os.PathLike[str]") -> Self:
        """Return the snapshot in a file. Raises `OSError` or `InvalidRequestError`."""
        try:
            return cls.from_json(Path(path).read_bytes())
        except InvalidRequestError as error:
            problem = str(error)
        raise InvalidRequestError(f"{os.fspath(path)}: {problem}")


def merged(snapshots: Iterable[Drift]) -> Drift:
    """Return one snapshot of several: the counts of each place are added up."""
    places: dict[Any, DriftPlace] = {}
    specs: dict[str, None] = {}
    versions: dict[str, None] = {}
    lost = 0
    for each in snapshots:
        lost += each.lost
        specs |= dict.fromkeys(each.spec.split(","))
        versions |= dict.fromkeys(each.version.split(","))
        for place in each:
            known = places.get(place.key)
            places[place.key] = place if known is None else _together(known, place)
    if not specs:
        return Drift()
    return Drift(
        places=tuple(places.values()), lost=lost, spec=",".join(specs), version=",".join(versions)
    )


def _together(one: DriftPlace, other: DriftPlace) -> DriftPlace:
    return attrs.evolve(
        one,
        count=one.count + other.count,
        types=tuple(sorted({*one.types, *other.types})),
        first=min(one.first, other.first),
        last=max(one.last, other.last),
    )
