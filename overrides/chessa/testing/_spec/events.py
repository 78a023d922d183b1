"""Event streams of examples: each example of the spec is an event, or a list or a text of several.

What the data of an event is follows the same rules as in the generated client.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chessa_api.exact_json import dumps

from .document import Documented, is_json, is_list, is_object
from .examples import Examples
from .schemas import Schemas, types_of

_LINE_END: Final = re.compile("\r\n|\r|\n")
_FIELDS: Final = ("event", "id", "retry", "data")


def stream_of_examples(schemas: Schemas, documented: Documented, what: str) -> bytes:
    """Return the events of the spec's examples, else one that its schema allows.

    Raises `SandboxError` if none was found.
    """
    schema = schemas.merged(documented.schema or {})
    if "array" in types_of(schema):
        schema = schemas.merged(schema.get("items", {}))
    given = [value for each in documented.examples for value in (each if is_list(each) else [each])]
    texts = [value for value in given if isinstance(value, str) and value.endswith("\n\n")]
    allowed = [value for value in given if value not in texts and schemas.allows(value, schema)]
    if not texts and not allowed:
        allowed = [_made(schemas, schema, what)]
    return "".join([*texts, *(_written(schema, value) for value in allowed)]).encode("utf-8")


def _is_envelope(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema is of the fields of an event, with the data among them."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return "data" in properties and properties.keys() <= {*_FIELDS}


def _made(schemas: Schemas, schema: Mapping[str, Any], what: str) -> Any:
    if not _is_envelope(schema):
        return Examples(schemas).of(schema, what)
    data = schemas.merged(schema["properties"]["data"])
    inner = data.get("contentSchema", {} if is_json(str(data.get("contentMediaType"))) else None)
    made = Examples(schemas).of(schema, what)
    if inner is None:
        return {"data": Examples(schemas).of(data, what), **made}
    return {**made, "data": dumps(Examples(schemas).of(inner, what)).decode("utf-8")}


def _written(schema: Mapping[str, Any], value: Any) -> str:
    """Return an event as it is sent."""
    fields = value if is_object(value) and _is_envelope(schema) else {"data": value}
    lines = [line for name in _FIELDS if name in fields for line in _lines(name, fields[name])]
    return "\n".join([*lines, "", ""])


def _lines(name: str, value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) else dumps(value).decode("utf-8")
    for line in _LINE_END.split(text):
        yield f"{name}: {line}"
