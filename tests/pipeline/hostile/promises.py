"""What a package promises, read from the document and not from the package.

In: a document and the names that the plan gave. Out: calls with the requests that they must make
and the answers that they must give back, and the values that enums must list.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.ir.plan import ArgumentPlan, OperationPlan, Plan

Document = Mapping[str, Any]
_WORDS: Final = {
    "date-time": "2025-03-18T06:05:27Z",
    "date": "2025-03-18",
    "decimal": "1.50",
}
_JSON: Final = re.compile(r"application/json", re.IGNORECASE)
_DEEP: Final = 5


@attrs.frozen
class Promise:
    """A call, and what must come of it."""

    call: dict[str, Any]
    sent: list[Any]
    result: Any


def promises(document: Document, plan: Plan) -> list[Promise]:
    """Every call of which the document says all that is needed."""
    found: list[Promise] = []
    for resource in plan.resources:
        for operation in resource.operations:
            for everything in (True, False):
                promise = _promise(document, operation, everything=everything)
                if promise is not None:
                    found.append(promise)
    return found


def listed(document: Any) -> Iterator[list[Any]]:
    """The values of every enum of a document, null left out and doubles once."""
    stack = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            stack += node.values()
            for keyword in ("enum", "x-open-enum"):
                values = node.get(keyword)
                if isinstance(values, list):
                    known = [value for value in values if isinstance(value, (str, int))]
                    yield list(dict.fromkeys(known))
        elif isinstance(node, list):
            stack += node


def _promise(document: Document, operation: OperationPlan, *, everything: bool) -> Promise | None:
    item = document["paths"][operation.path]
    raw = item[operation.method.lower()]
    names: dict[tuple[str, str], ArgumentPlan] = {
        (one.location, one.key): one for one in operation.arguments
    }
    wanted = _declared(document, item, raw)
    if wanted is None or {*wanted} != {*names}:
        return None
    given: dict[str, Any] = {}
    texts: dict[tuple[str, str], Any] = {}
    for place, schema in wanted.items():
        argument = names[place]
        if argument.required or everything:
            value = _value(document, schema)
            if value is None or isinstance(value, (dict, list)):
                return None
            given[argument.name] = texts[place] = value
    path = operation.path
    for (location, key), value in texts.items():
        if location == "path":
            path = path.replace(f"{{{key}}}", _as_text(value))
    body = {key: value for (location, key), value in texts.items() if location == "member"}
    answer = _answer(document, raw)
    if answer is None or operation.unwrap:
        return None
    call = {"name": operation.name, "arguments": given, "answer": json.dumps(answer), "status": 200}
    sent = [
        operation.method,
        path,
        [[key, _as_text(value)] for (where, key), value in texts.items() if where == "query"],
        [[key, _as_text(value)] for (where, key), value in texts.items() if where == "header"],
        body if body or operation.body_required else None,
    ]
    return Promise(call, sent, answer)


def _declared(
    document: Document, item: Document, raw: Document
) -> dict[tuple[str, str], Any] | None:
    """The schemas of parameters and of a body's members; None where the body is no plain object."""
    found: dict[tuple[str, str], Any] = {}
    for one in (*raw.get("parameters", ()), *item.get("parameters", ())):
        parameter = _opened(document, one)
        found.setdefault((parameter["in"], parameter["name"]), parameter.get("schema"))
    for media_type, media in raw.get("requestBody", {}).get("content", {}).items():
        if _JSON.fullmatch(media_type):
            schema = _opened(document, media.get("schema", {}))
            if not isinstance(schema.get("properties"), Mapping):
                return None
            found |= {("member", key): one for key, one in schema["properties"].items()}
    return found


def _answer(document: Document, raw: Document) -> Any:
    content = raw["responses"].get("200", {}).get("content", {})
    schemas = [media.get("schema") for kind, media in content.items() if _JSON.fullmatch(kind)]
    return _value(document, schemas[0]) if schemas else None


def _opened(document: Document, value: Any) -> Any:
    for _ in range(_DEEP):
        if not (isinstance(value, Mapping) and "$ref" in value):
            break
        target: Any = document
        for part in value["$ref"][2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        value = target
    return value


def _value(document: Document, schema: Any, depth: int = 0) -> Any:
    """A value that the schema allows; None where that is not easily said."""
    schema = _opened(document, schema)
    if depth > _DEEP or not isinstance(schema, Mapping):
        return None
    for keyword in ("enum", "x-open-enum"):
        if isinstance(schema.get(keyword), list):
            known = [value for value in schema[keyword] if isinstance(value, (str, int))]
            return known[-1] if known and len({type(value) for value in known}) == 1 else None
    if isinstance(schema.get("const"), (str, int)):
        return schema["const"]
    if "properties" in schema and schema.get("type", "object") == "object":
        return _object(document, schema, depth)
    match schema.get("type"):
        case "string":
            return _WORDS.get(schema.get("format", ""), "a text")
        case "integer":
            return 7
        case "boolean":
            return True
        case "array":
            item = _value(document, schema.get("items"), depth + 1)
            return [] if item is None else [item]
        case _:
            return None


def _object(document: Document, schema: Document, depth: int) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    required = schema.get("required", [])
    for key, one in schema["properties"].items():
        value = _value(document, one, depth + 1)
        if value is not None:
            made[key] = value
        elif key in required:
            return None
    return made if all(key in made for key in required) else None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
