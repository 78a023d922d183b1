"""The plan of an effective document: schemas and operations read together."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.ir.operations import Operations
from chessa_codegen.ir.plan import Plan
from chessa_codegen.ir.schemas import Schemas
from chessa_codegen.validate.endpoint import Endpoint

_DEEP: Final = 20_000  # frames: a chain of arrays or kinds may lead through all components


def plan_of(document: Mapping[str, Any]) -> Plan:
    """Decide what the package of a document holds."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        return _plan_of(document)
    finally:
        sys.setrecursionlimit(limit)


def _plan_of(document: Mapping[str, Any]) -> Plan:
    endpoint = Endpoint(document)
    schemas = Schemas(document)
    operations = Operations(document, schemas, endpoint)
    operations.read()
    schemas.read_components()
    classes = schemas.classes
    return Plan(
        title=" ".join(document["info"]["title"].split()),
        endpoint=endpoint.plan,
        models=tuple(sorted(classes.models.values(), key=lambda model: model.name)),
        enums=tuple(sorted(classes.enums.values(), key=lambda enum: enum.name)),
        resources=operations.resources(),
    )
