"""The fields that the repr of a model shows: a choice of what is about no person.

A repr stands in logs, tracebacks and notebooks. So nothing is shown but what is known to be
harmless by its type, or by the last part of its name where the type says nothing.
"""

from collections.abc import Mapping
from typing import Final

from chessa_codegen.ir import naming, types
from chessa_codegen.ir.plan import FieldPlan, ModelPlan
from chessa_codegen.ir.types import Shape

_FEW: Final = 4
_HARMLESS: Final[Mapping[Shape, frozenset[str]]] = {
    types.STRING: frozenset({"asset", "currency", "id"}),
    types.INTEGER: frozenset({"count", "id", "page", "pages", "size", "total"}),
}
"""By type, the last parts of names that are shown."""
_AMOUNTS: Final = (types.DECIMAL, types.NUMBER)
_PERSONAL: Final = frozenset(
    {"account", "address", "age", "birth", "birthday", "born", "code", "email", "gender", "iban"}
    | {"income", "latitude", "longitude", "marital", "mobile", "name", "national", "nationality"}
    | {"number", "passport", "person", "phone", "pin", "postal", "race", "religion", "salary"}
    | {"secret", "sex", "ssn", "tax", "token", "voter", "zip"}
)
"""Parts of a name that hide a field of any type."""


def shown(model: ModelPlan) -> tuple[str, ...]:
    """Return the names of the fields that a repr shows, in its order.

    Ids first (its own, if it has one), then statuses, then amounts and the rest; timestamps where
    there is little else; the models in it where there is nothing else, as in an envelope.
    """
    fields = [field for field in model.fields if not _is_personal(field)]
    ids = [field.name for field in fields if _is_id(field)]
    found = ["id"] if "id" in ids else ids
    found += [f.name for f in fields if isinstance(types.without_null(f.shape), types.EnumRef)]
    found += [f.name for f in fields if f.name not in ids and _is_harmless(f)]
    if len(found) < _FEW:
        found += [f.name for f in fields if types.without_null(f.shape) == types.DATE_TIME]
    return tuple(found or [f.name for f in fields if isinstance(f.shape, types.ModelRef)])


def _is_personal(field: FieldPlan) -> bool:
    words = {word.lower() for word in naming.words(field.key)} | {*field.name.split("_")}
    return field.schema.get("x-personal") is True or not words.isdisjoint(_PERSONAL)


def _is_id(field: FieldPlan) -> bool:
    return _last_word(field) == "id" and types.without_null(field.shape) in _HARMLESS


def _is_harmless(field: FieldPlan) -> bool:
    shape = types.without_null(field.shape)
    is_plain = shape in _AMOUNTS or shape == types.BOOLEAN
    return is_plain or _last_word(field) in _HARMLESS.get(shape, ())


def _last_word(field: FieldPlan) -> str:
    return field.name.rstrip("_").rpartition("_")[2]
