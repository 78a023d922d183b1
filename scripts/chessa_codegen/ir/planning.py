"""The plan of an effective document: schemas and operations read together."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.errors import SpecError
from chessa_codegen.ir.links import with_links
from chessa_codegen.ir.names import Names
from chessa_codegen.ir.operations import Operations
from chessa_codegen.ir.plan import Plan
from chessa_codegen.ir.schemas import Schemas
from chessa_codegen.ir.webhooks import webhooks_of
from chessa_codegen.validate.endpoint import Endpoint
from chessa_codegen.validate.repair import Repair

_DEEP: Final = 20_000  # frames: a chain of arrays or kinds may lead through all components


def settled_plan(repair: Repair, names: Names) -> Plan:
    """Decide what the package of a document holds; leave out what it cannot hold.

    The document of the repair is then what the package is made of.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        while True:
            errors: list[SpecError] = []
            plan = _plan_of(repair.document, errors, names.again())
            if not errors:
                return with_links(plan, repair)
            repair.cut_all(errors)
    finally:
        sys.setrecursionlimit(limit)


def _plan_of(document: Mapping[str, Any], errors: list[SpecError], names: Names) -> Plan:
    endpoint = Endpoint(document)
    schemas = Schemas(document, errors, names)
    operations = Operations(document, schemas, endpoint, errors, names)
    operations.read()
    webhooks = webhooks_of(document, schemas, names)
    schemas.read_components()
    classes = schemas.classes
    return Plan(
        title=" ".join(document["info"]["title"].split()),
        endpoint=endpoint.plan,
        models=tuple(sorted(classes.models.values(), key=lambda model: model.name)),
        enums=tuple(sorted(classes.enums.values(), key=lambda enum: enum.name)),
        resources=operations.resources(),
        webhooks=webhooks,
        names=names,
    )
