"""The plan: the contents of the generated package, decided before a line of it is written.

Every name in it is a Python name that no other one shadows; hints and codecs are finished code.
"""

import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from chessa_codegen.ir.media_types import Kind
from chessa_codegen.ir.names import Names
from chessa_codegen.ir.types import Array, Shape, without_null

Location = Literal["path", "query", "header", "cookie", "member", "body"]


@attrs.define
class FieldPlan:
    """An attribute of a model."""

    key: str
    name: str
    shape: Shape
    required: bool
    optional: bool
    essential: bool = False
    """True if the overlay makes it required in responses."""
    read_only: bool = False
    """Set by the server alone: a request leaves it out, even where it is required."""
    description: str = ""
    where: str = ""
    example: str = ""
    """As docstrings show it; "" where there is none, or none that is short."""
    schema: Mapping[str, Any] = attrs.field(factory=dict[str, Any], eq=False, repr=False)
    """All that the spec says of its values: for the reference."""
    is_pinned: bool = False
    """True if `x-python-name` sets its name."""


@attrs.define
class ModelPlan:
    """A class for a JSON object."""

    name: str
    where: str
    title: str | None
    description: str = ""
    fields: list[FieldPlan] = attrs.field(factory=list)
    iterate: str | None = None
    """The key of the array that the model iterates over."""

    @property
    def rows(self) -> FieldPlan | None:
        """The attribute that the model iterates over, if it is an array."""
        found = (field for field in self.fields if field.key == self.iterate)
        arrays = (one for one in found if isinstance(without_null(one.shape), Array))
        return next(arrays, None)


@attrs.define
class EnumPlan:
    """A class for an open enum."""

    name: str
    where: str
    title: str | None
    integer: bool
    values: list[str | int]
    varnames: dict[str | int, str]
    description: str = ""
    descriptions: dict[str | int, str] = attrs.field(factory=dict["str | int", str])
    """Of its values, those that the spec describes."""
    pinned: set[str | int] = attrs.field(factory=set["str | int"])
    """Of its values, those that the overlay names."""
    ours: list[str | int] = attrs.field(factory=list)
    """Of the values, those that no document lists but the overlay's `x-open-enum`."""
    constants: Mapping[str, str | int] = attrs.field(factory=dict[str, "str | int"])
    """The values by the names of their constants."""


@attrs.frozen
class WireForm:
    """The form of a parameter's text; None is OpenAPI's default."""

    style: str | None = None
    explode: bool | None = None
    allow_reserved: bool = False
    allow_empty_value: bool = False
    media_type: str | None = None
    """Of a parameter that is described by `content`."""


@attrs.frozen
class ArgumentPlan:
    """An argument of a method."""

    key: str
    name: str
    location: Location
    shape: Shape
    required: bool
    form: WireForm = WireForm()
    description: str = ""
    example: str = ""
    schema: Mapping[str, Any] = attrs.field(factory=dict[str, Any], eq=False, repr=False)
    is_pinned: bool = False
    deprecated: bool = False


@attrs.frozen
class ResponsePlan:
    """A response of an operation: its status, content and description."""

    status: str
    shape: Shape | None
    description: str = ""
    examples: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    forms: tuple[tuple[str, Shape], ...] = ()
    """The media types that it may have, each with its shape; empty where it is JSON."""
    streams: bool = False
    """True if it is an event stream, of which `shape` is the data of an event."""


@attrs.frozen
class BodyPlan:
    """The form in which the body of a request is sent."""

    kind: Kind
    media_type: str
    encodings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict[str, Mapping[str, Any]])
    """What the spec says of members on the wire: content type, style, explode."""


@attrs.frozen
class LinkPlan:
    """Another operation that shows whether one was carried out."""

    operation: str
    arguments: Mapping[str, str]
    """Runtime expressions by the names of its arguments."""
    evidence: str | None = None
    """JSON pointer into its response body."""
    shown_by: str = ""
    """The evidence as users read it: `orders.retrieve(…).refund`; "" where there is none."""


@attrs.frozen
class OperationPlan:
    """An operation and the method that calls it."""

    resource: str
    method_name: str
    method: str
    path: str
    operation_id: str | None
    is_read: bool
    summary: str
    description: str
    arguments: tuple[ArgumentPlan, ...]
    exclusive: tuple[tuple[str, ...], ...]
    body: BodyPlan | None
    """None where it has no body, or plain JSON."""
    body_required: bool
    responses: tuple[ResponsePlan, ...]
    unwrap: str | None
    result: Shape | None
    """The result of the method; None where it returns nothing."""
    accept: str | None = None
    """The media types to ask for; None for JSON."""
    streams: bool = False
    """True if a success is an event stream, of which `result` is the data of an event."""
    file_method: str | None = None
    """The method that saves its response to a file; None where that is JSON."""
    deprecated: bool = False
    source: str = ""
    """The vendor's page that describes it."""
    completeness: str = ""
    """The completeness of that page, `partial` or `full`."""
    not_seen: tuple[str, ...] = ()
    is_pinned: bool = False
    """True if its name is pinned, `orders.create`, and follows no rename of the vendor's."""
    links: tuple[LinkPlan, ...] = ()
    once_per: str | None = None
    """The argument that names its subject: it is carried out at most once for each."""
    duplicate_is_harmless: bool = False
    is_personal: bool = False
    """True if the response holds personal data."""

    @property
    def name(self) -> str:
        """The name that callers use."""
        return f"{self.resource}.{self.method_name}"

    @property
    def deprecated_arguments(self) -> tuple[str, ...]:
        """The arguments that the vendor has deprecated."""
        return tuple(argument.name for argument in self.arguments if argument.deprecated)

    @property
    def sent_path(self) -> str:
        """The path without the query and the fragment that the document writes behind it."""
        return re.split("[?#]", self.path, maxsplit=1)[0]

    @property
    def fixed_query(self) -> tuple[tuple[str, str], ...]:
        """The query that the document writes in the path; a fragment is never sent."""
        query = self.path.partition("#")[0].partition("?")[2]
        return tuple(urllib.parse.parse_qsl(query, keep_blank_values=True))


@attrs.frozen
class ResourcePlan:
    """A class with the methods of one tag."""

    name: str
    class_name: str
    description: str
    operations: tuple[OperationPlan, ...]


@attrs.frozen
class WebhookPlan:
    """A request that the API sends: a webhook, or a callback of an operation."""

    key: str
    """Its name in the document."""
    name: str
    """The constant that decodes its body."""
    shape: Shape
    summary: str = ""
    description: str = ""


@attrs.frozen
class EndpointPlan:
    """The address of the API and the headers of the credentials."""

    base_url: str | None = None
    """None where the document names no address that a client could use."""
    version_segments: tuple[str, ...] = ()
    """Versions that paths begin with, `v1`: a base URL may end in one of them as well."""
    credential_headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """By credential, `client_id` and `client_secret`; empty where the document names none."""


@attrs.frozen
class Plan:
    """The complete package."""

    title: str
    endpoint: EndpointPlan
    models: tuple[ModelPlan, ...]
    enums: tuple[EnumPlan, ...]
    resources: tuple[ResourcePlan, ...]
    webhooks: tuple[WebhookPlan, ...] = ()
    names: Names = attrs.field(factory=Names, eq=False, repr=False)
    """All names, by the keys that they stand for: what the next package remembers."""
