"""The vendored document as a framework would write it: the same API in another form.

Schemas are components, tags and operationIds are the framework's, the credentials are declared,
and what a response holds is required. Nothing of it is a fact about the vendor.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_codegen.ir.naming import path_words, snake, words
from chessa_codegen.overlay import apply
from chessa_codegen.regeneration import marked_document
from chessa_codegen.validate.repair import operations
from chessa_tracking.fetch.merge import without_records
from tests.pipeline import pages_form

ROOT: Final = Path(__file__).resolve().parents[2]
Document = dict[str, Any]


@attrs.frozen
class Style:
    """The way in which a framework writes what the vendor says by hand."""

    operation_id: Callable[[str, str, str], str]
    """Of a resource, a method and a path; an empty one is none."""
    tag: Callable[[str], str]
    name: Callable[[str, bool], str]
    """Of a class, and whether a request holds it."""
    version: str = "3.0.0"
    null: str = "nullable"
    """`nullable`: next to an allOf; `anyOf`: one of two; `type`: a list of types."""
    media_type: str = "application/json"
    integer: bool = False
    """Whether counts are of the type integer."""
    parameter: Callable[[str], str] = str
    """Of a path parameter."""
    created: str = "201"
    schemes: tuple[str, str] = ("client-id", "client-secret")
    is_global: bool = False
    """Whether the API as such asks for the credentials, not each operation."""
    names_server: bool = True
    null_arrays: bool = False
    """Whether every array may be null, as in Go and in C#."""
    null_subject: bool = False
    """Whether the text that a write is carried out once for may be null."""
    prose: str | None = None
    """The description of each enum, which may say nothing."""
    amount: Mapping[str, str] = attrs.field(factory=dict[str, str])
    """What the framework writes next to the type of an amount in a response."""


def _camel(name: str) -> str:
    first, *rest = words(name)
    return first.lower() + "".join(word.title() for word in rest)


def _pascal(name: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in words(name))


STYLES: Final[Mapping[str, Style]] = {
    "nestjs": Style(
        lambda resource, method, _: f"{_pascal(resource)}Controller_{_camel(method)}",
        lambda resource: _pascal(resource),
        lambda name, _: f"{name}Dto",
    ),
    "nestjs-requests": Style(
        lambda resource, method, _: f"{_pascal(resource)}Controller_{_camel(method)}_v1",
        lambda resource: resource,
        lambda name, sent: f"{name}RequestDto" if sent else f"{name}Response",
        is_global=True,
        schemes=("ClientId", "ClientSecret"),
    ),
    "fastapi": Style(
        lambda _, method, path: snake(f"{method}{path_words(path)}_post"),
        lambda resource: resource.removesuffix("s"),
        lambda name, sent: f"{name}In" if sent else f"{name}Out",
        version="3.1.0",
        null="anyOf",
        integer=True,
        parameter=snake,
        created="200",
        schemes=("APIKeyHeader", "APIKeyHeader_2"),
    ),
    "spring": Style(
        lambda _, method, __: f"{_camel(method)}_1",
        lambda resource: f"{resource.removesuffix('s')}-controller",
        lambda name, _: name,
        version="3.0.1",
        null="type",
        media_type="*/*",
        integer=True,
        parameter=lambda name: "id" if name.endswith("Id") else name,
        created="200",
    ),
    "tsoa": Style(
        lambda resource, method, _: _pascal(f"{method}_{resource}"),
        lambda resource: resource.upper(),
        lambda name, sent: f"Pick_{name}.id-or-status_" if sent else f"I{name}",
        null="type",
        created="204",
    ),
    "aspnet": Style(
        lambda _, method, path: "",
        lambda resource: _pascal(resource),
        lambda name, _: name,
        media_type="text/json",
        integer=True,
        created="200",
        names_server=False,
        null_arrays=True,
        null_subject=True,
        null="oneOf",
        prose="",
        schemes=("ClientId", "ClientSecret"),
    ),
    "django": Style(
        lambda resource, method, _: f"v1_{resource}_{method}",
        lambda _: "v1",
        lambda name, sent: f"{name}Request" if sent else name,
        version="3.0.3",
        parameter=snake,
        null="NullEnum",
        prose="* `created` - Created",
        amount={"format": "decimal", "pattern": r"^-?\d{0,12}(?:\.\d{0,8})?$"},
    ),
    "pydantic": Style(
        lambda resource, method, _: f"{method}_{resource}_v1",
        lambda resource: resource,
        lambda name, _: f"app__models__{name}",
        version="3.1.0",
        null="anyOf",
        integer=True,
        amount={"pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"},
    ),
}


def document(style: Style) -> Document:
    """Return the document of the pages in the form of a framework."""
    vendored = without_records(pages_form.DOCUMENT)
    overlay = apply.parse(pages_form.corrections())
    named = apply.apply(marked_document(vendored), overlay).document
    made = _Made(style, copy.deepcopy(vendored))
    made.write(named)
    return made.document


class _Made:
    def __init__(self, style: Style, whole: Document) -> None:
        self.style = style
        self.document: Document = {**whole, "openapi": style.version, "tags": []}
        if not style.names_server:
            del self.document["servers"]
        self.schemas: Document = {}

    def write(self, named: Document) -> None:
        requirement: dict[str, list[str]] = {name: [] for name in self.style.schemes}
        headers = ("x-client-id", "x-client-secret")
        paths = self.document["paths"] = {}
        for where, operation in operations(named):
            vendor = operation.get("operationId", "")
            resource, _, method = vendor.partition(".")
            path = re.sub(
                r"\{(\w+)\}", lambda m: f"{{{self.style.parameter(m[1])}}}", str(where[1])
            )
            paths.setdefault(path, {})[where[2]] = self._operation(
                operation, resource, method, path, str(where[2])
            )
        for _, operation in operations(self.document):
            if not self.style.is_global:
                operation["security"] = [requirement]
        self.document["security"] = [requirement] if self.style.is_global else []
        self.document["components"] = {
            "schemas": self.schemas,
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": header}
                for name, header in zip(self.style.schemes, headers, strict=True)
            },
        }

    def _operation(
        self, operation: Document, resource: str, method: str, path: str, verb: str
    ) -> Document:
        made: Document = {
            "operationId": self.style.operation_id(resource, method, path),
            "tags": [self.style.tag(resource)],
            "parameters": [
                {
                    "name": self.style.parameter(one["name"])
                    if one["in"] == "path"
                    else one["name"],
                    "in": one["in"],
                    "required": one["in"] == "path",
                    "schema": {"type": "string"},
                }
                for one in operation.get("parameters", [])
            ],
            "responses": {},
        }
        if not made["operationId"]:
            del made["operationId"]
        if body := operation.get("requestBody"):
            schema = body["content"]["application/json"]["schema"]
            named = self._named(schema, _pascal(f"{method}_{resource}"), sent=True)
            made["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": named}},
            }
        for status, response in operation["responses"].items():
            if "$ref" in response:
                continue
            is_success = status.startswith("2")
            code = {"get": "200", "post": self.style.created}[verb] if is_success else status
            content = response["content"]["application/json"]
            made["responses"][code if code != "204" else "200"] = {
                "description": "",
                "content": {
                    self.style.media_type: {
                        "schema": self._named(content["schema"], _pascal(f"{method}_result"))
                    }
                },
            }
        return made

    def _named(self, schema: Document, other: str, *, sent: bool = False) -> Document:
        """Move a schema to a component, and refer to it."""
        name = self.style.name(schema.get("title", other), sent)
        properties = {
            key: self._property(value, f"{other}{_pascal(key)}", sent)
            for key, value in schema["properties"].items()
        }
        if sent and self.style.null_subject and "orderId" in properties:
            properties["orderId"]["nullable"] = True
        held = self.schemas.setdefault(name, {"type": "object", "properties": {}})
        held["properties"].update(properties)
        held["required"] = [
            key for key, value in held["properties"].items() if not sent or key == "orderId"
        ]
        return {"$ref": f"#/components/schemas/{name}"}

    def _property(self, schema: Document, other: str, sent: bool) -> Document:
        null = schema.get("nullable") is True
        plain = {
            key: value
            for key, value in schema.items()
            if key in ("type", "description", "example")
            and not (self.style.version == "3.1.0" and key == "example")
        }
        if self.style.integer and (schema.get("type") == "integer"):
            plain["type"] = "integer"
        elif schema.get("type") == "integer":
            plain["type"] = "number"
        if "properties" in schema:
            plain = self._named(schema, other, sent=sent)
        elif schema.get("type") == "array":
            plain["items"] = self._property(schema["items"], other, sent)
            null = null or self.style.null_arrays
        elif schema.get("format") == "date-time":
            plain["format"] = "date-time"
        elif schema.get("format") == "decimal":
            plain |= self.style.amount
        elif "x-open-enum" in schema and schema.get("title") != "RecipientType":
            name = self.style.name(schema["title"], False)
            values = [value.lower() for value in schema["x-open-enum"]]
            said = {} if self.style.prose is None else {"description": self.style.prose}
            self.schemas[name] = {"type": "string", "enum": values, **said}
            plain = {"$ref": f"#/components/schemas/{name}"}
        return self._with_null(plain) if null else plain

    def _with_null(self, plain: Document) -> Document:
        if not plain:
            return {} if self.style.null == "anyOf" else {"nullable": True}
        if self.style.null == "anyOf":
            return {"anyOf": [plain, {"type": "null"}], "title": "A Text"}
        if self.style.null == "NullEnum" and "$ref" in plain:
            self.schemas["NullEnum"] = {"enum": [None]}
            null = {"$ref": "#/components/schemas/NullEnum"}
            return {"oneOf": [plain, null], "nullable": True}
        if self.style.null == "oneOf" and "$ref" in plain:
            return {"oneOf": [plain], "nullable": True}
        if "$ref" in plain:
            return {"allOf": [plain], "nullable": True}
        return {**plain, "nullable": True}


def questions(found: Any) -> Iterator[str]:
    """Yield the questions of an update but for the one about the declared credentials."""
    yield from (each.text for each in found.questions if "--accept-security" not in each.answer)
