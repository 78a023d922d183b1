"""Models in Litestar: `Litestar(…, plugins=[ChessaPlugin()])`.

Without it Litestar takes a model for an attrs class like any other: it writes the Python names, and
drops what the spec does not document.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeGuard, cast

from litestar import Response
from litestar.dto import AbstractDTO
from litestar.exceptions import ValidationException
from litestar.openapi.spec import Reference, Schema
from litestar.plugins import InitPlugin, OpenAPISchemaPlugin, SerializationPlugin
from litestar.typing import FieldDefinition

import chessa_api.models
from chessa_api.enums import OpenEnum, OpenIntEnum
from chessa_api.errors import DecodeError
from chessa_api.exact_json import dumps, loads
from chessa_api.model import Model
from chessa_api.schemas import DEFINITIONS, definitions

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.config.app import AppConfig

__all__ = ["ChessaPlugin"]

_OURS: Final = (Model, OpenEnum, OpenIntEnum)
_CAPITAL: Final = re.compile("(?=[A-Z])")


class ChessaPlugin(InitPlugin, SerializationPlugin, OpenAPISchemaPlugin):
    """Reads and writes models as on the wire, and describes them by the schemas of the spec.

    It goes by the annotations of the handlers: a model, a list, a dict or an optional one of
    models, alone or as the content of a `Response`. Open enums are taken as parameters too.
    """

    def on_app_init(self, app_config: "AppConfig") -> "AppConfig":
        """Have open enums read."""
        app_config.type_decoders = [*(app_config.type_decoders or ()), (_is_enum, _read_enum)]
        return app_config

    def supports_type(self, field_definition: FieldDefinition) -> bool:
        """Return whether an annotation is about models."""
        return _is_about_models(field_definition)

    def create_dto_for_type(self, field_definition: FieldDefinition) -> type[AbstractDTO[Any]]:
        """Return the class that reads and writes what has this annotation."""
        return type("ModelDTO", (_ModelDTO,), {"annotation": field_definition})

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Return whether this is a class of `chessa.models`."""
        return isinstance(value, type) and issubclass(value, _OURS)

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        """Return the schema of a class, as a component of the document."""
        schema = schema_creator.schema_registry.get_schema_for_field_definition(field_definition)
        said = definitions()[field_definition.annotation.__name__]
        for name, value in _members(said, schema_creator).items():
            setattr(schema, name, value)
        return schema


def _is_about_models(annotation: FieldDefinition) -> bool:
    if annotation.is_subclass_of(Model):
        return True
    holds = annotation.is_union or annotation.is_collection or annotation.is_subclass_of(Response)
    return holds and any(map(_is_about_models, annotation.inner_types))


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, (OpenEnum, OpenIntEnum))


def _read_enum(kind: Any, value: Any) -> Any:
    return kind(value)


def _is_response(value: object) -> "TypeGuard[Response[Any]]":
    return isinstance(value, Response)


class _ModelDTO(AbstractDTO[Any]):
    """Between bodies and the models of one annotation."""

    annotation: FieldDefinition

    def decode_bytes(self, value: bytes) -> Any:
        try:
            return _read(self.annotation, loads(value))
        except DecodeError as error:
            problem = str(error)
        raise ValidationException(problem)

    def decode_builtins(self, value: Any) -> Any:
        try:
            return _read(self.annotation, value)
        except DecodeError as error:
            problem = str(error)
        raise ValidationException(problem)

    def data_to_encodable_type(self, data: Any) -> Any:
        if not _is_response(data):
            return dumps(_written(data))
        data.content = dumps(_written(data.content))
        return data

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        return _is_about_models(field_definition)

    @classmethod
    def create_for_field_definition(cls, *_: Any, **__: Any) -> None:
        """Do nothing: there is no type to transfer by."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: "SchemaCreator"
    ) -> Reference | Schema:
        is_wrapped = field_definition.is_subclass_of(Response)
        content = field_definition.inner_types[0] if is_wrapped else field_definition
        return schema_creator.for_field_definition(content)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:
        return iter(())

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


def _read(annotation: FieldDefinition, value: Any) -> Any:
    """Return a JSON value as what an annotation says. Raises `DecodeError`."""
    if annotation.is_subclass_of(Model):
        return annotation.annotation.from_dict(value)
    if annotation.is_union:
        models = [inner for inner in annotation.inner_types if _is_about_models(inner)]
        return None if value is None and annotation.is_optional else _read(models[0], value)
    inner = annotation.inner_types[-1]
    if annotation.is_mapping and isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: _read(inner, member) for key, member in members.items()}
    if annotation.is_non_string_collection and isinstance(value, list):
        return [_read(inner, item) for item in cast("Iterable[Any]", value)]
    raise DecodeError(f"the body is not {'an object' if annotation.is_mapping else 'an array'}")


def _written(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return {key: _written(member) for key, member in members.items()}
    if isinstance(value, (list, tuple)):
        return list(map(_written, cast("Iterable[Any]", value)))
    return value


def _members(said: Mapping[str, Any], creator: "SchemaCreator") -> dict[str, Any]:
    """Return the keywords of a JSON schema as the attributes of a `Schema`."""
    found: dict[str, Any] = {}
    for key, value in said.items():
        match key:
            case "properties":
                value = {name: _schema(each, creator) for name, each in value.items()}
            case "items" | "additionalProperties":
                value = _schema(value, creator)
            case "anyOf" | "prefixItems":
                value = [_schema(each, creator) for each in value]
            case _:
                pass
        found["_".join(_CAPITAL.split(key)).lower()] = value
    return found


def _schema(said: Mapping[str, Any], creator: "SchemaCreator") -> Reference | Schema:
    if "$ref" not in said:
        return Schema(**_members(said, creator))
    cls = getattr(chessa_api.models, str(said["$ref"]).removeprefix(DEFINITIONS))
    definition = FieldDefinition.from_annotation(cls)
    made = creator.for_field_definition(definition)
    return creator.schema_registry.get_reference_for_field_definition(definition) or made
