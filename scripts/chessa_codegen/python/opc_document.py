"""The document for openapi-python-client: the plan in the schemas that it supports.

The generator supports neither vendor extensions nor decimals nor open enums, and drops or
overwrites them. So every class of the plan becomes a named component without properties, and every
operation an endpoint; the templates add the rest from the plan.
"""

from typing import Any

from chessa_codegen.ir.plan import OperationPlan, Plan


def lowered(plan: Plan) -> dict[str, Any]:
    """Return the plan as an OpenAPI 3.0 document."""
    paths: dict[str, dict[str, Any]] = {}
    for resource in plan.resources:
        for operation in resource.operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    components: dict[str, Any] = {model.name: {"type": "object"} for model in plan.models}
    components |= {enum.name: _enum(enum.integer) for enum in plan.enums}
    return {
        "openapi": "3.0.3",
        "info": {"title": plan.title, "version": "1"},
        "paths": paths,
        "components": {"schemas": components},
    }


def _enum(integer: bool) -> dict[str, Any]:
    """Return one stand-in value: the template writes the constants from the plan."""
    return {"type": "integer", "enum": [0]} if integer else {"type": "string", "enum": ["value"]}


def _operation(operation: OperationPlan) -> dict[str, Any]:
    parameters = [
        {
            "name": argument.key,
            "in": argument.location,
            "required": argument.required,
            "schema": {"type": "string"},
        }
        for argument in operation.arguments
        if argument.location == "path"
    ]
    return {
        "operationId": operation.method_name,
        "tags": [operation.resource],
        "parameters": parameters,
        "responses": {},  # the plan has them; the generator would copy each three times
    }
