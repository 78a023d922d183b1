"""The Python surface as data: names, arguments and results of a generated package.

Type hints are text as generated code writes them: `models.Order | None`.
"""

import functools
from collections.abc import Mapping
from typing import Final

import attrs

from chessa_codegen.docs.markdown import code
from chessa_tracking.diff.changes import Level

LEDGER: Final = {
    "links": (Level.MINOR, "where to check whether it was carried out"),
    "once_per": (Level.MAJOR, "what it is carried out once for"),
    "duplicate_is_harmless": (Level.MAJOR, "whether a duplicate is harmless"),
    "is_personal": (Level.MINOR, "whether its response is personal"),
}
"""Attributes of an operation that only a journal reads: the level of a change, and its sentence."""
FACES: Final = {
    "Resources": "Chessa",
    "AsyncResources": "AsyncChessa",
    "ResourcesWithRawResponse": "Chessa.with_raw_response",
    "AsyncResourcesWithRawResponse": "AsyncChessa.with_raw_response",
}
"""The classes of a package that hold its resources, by the names that callers use."""


@attrs.frozen
class Argument:
    """An argument of a method, and where on the wire it goes."""

    name: str
    hint: str
    """Without the `Unset` of an optional one."""
    default: str
    """The expression; "" for an argument that is required."""
    by_position: bool
    wire: tuple[str, str]
    """Location and key."""
    slot: int | None
    """Its position among the parameters of the path."""

    @property
    def required(self) -> bool:
        """Return whether callers must pass it."""
        return not self.default


@attrs.frozen
class Method:
    """A method, and the operation that it calls."""

    resource: str
    own_name: str
    call: tuple[str, str]
    """The HTTP method, and the path without the names of its parameters."""
    arguments: tuple[Argument, ...]
    result: str
    envelope: str
    """The complete response, of which `result` may be a part; "" where they are one."""
    errors: Mapping[str, str]
    """By status, the hint of the body; "" where there is none."""
    exclusive: frozenset[frozenset[str]]
    is_read: bool
    ledger: Mapping[str, str]
    """The source of what is known of duplicates and lost responses, by attribute."""
    deprecated: bool
    awaited: bool

    @property
    def name(self) -> str:
        """The name that callers write: `orders.create`."""
        return f"{self.resource}.{self.own_name}"


@attrs.frozen
class Attribute:
    """An attribute of a model, which is an argument of its constructor as well."""

    name: str
    key: str
    hint: str
    way: str
    """Its presence: a function of the generated `fields` module."""


@attrs.frozen
class Class:
    """A class of `models`: an object, or an enum with its values."""

    name: str
    kind: str
    attributes: Mapping[str, Attribute] = attrs.field(factory=dict[str, Attribute])
    members: Mapping[str, str | int] = attrs.field(factory=dict[str, str | int])
    item: str = ""
    """The hint of the items that it iterates over, if any."""

    @property
    def path(self) -> str:
        """The name that callers write."""
        return f"models.{self.name}"

    @functools.cached_property
    def content(self) -> frozenset[str]:
        """Return the keys of an object, or the values of an enum."""
        keys = (each.key for each in self.attributes.values())
        return frozenset((*keys, *map(str, self.members.values())))


@attrs.frozen
class Webhook:
    """A constant of `webhooks`: a request that callers receive."""

    key: str
    """Its name in the document."""
    hint: str
    """The type of its body."""


Face = Mapping[str, Mapping[str, Method]]
"""Methods by resource and name."""


@attrs.frozen
class Surface:
    """All that callers can reach."""

    faces: Mapping[str, Face]
    classes: Mapping[str, Class]
    members: Mapping[str, frozenset[str]]
    """By class of a resource or client: bases and properties, which templates write."""
    webhooks: Mapping[str, Webhook]
    """By the name of the constant."""


@attrs.frozen
class Edit:
    """Lines of the caller's code, before and after a change."""

    before: tuple[str, ...]
    after: tuple[str, ...] = ()
    """Empty where nothing takes their place."""
    note: str = ""
    """A sentence on what takes the place of something that was removed."""
    is_silent: bool = False
    """Whether the code still runs, and means something else."""


@attrs.frozen(order=True)
class SurfaceChange:
    """A change that Python callers can notice."""

    name: str
    """`orders.create`, `models.Order`, `models.Order.status`."""
    level: Level
    text: str
    edit: Edit | None = attrs.field(default=None, eq=False)
    """None where no line of code shows the change."""


def listed(names: list[str]) -> str:
    """Join names in a sentence: `a`, `b` and `c`."""
    shown = [code(name) for name in names]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def typed(hint: str) -> str:
    """Return a hint in a sentence: it has no Markdown to escape."""
    return f"`{hint}`"
