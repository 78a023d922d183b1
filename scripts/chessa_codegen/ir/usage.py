"""The use of a class: its docstring when the spec has no description of it."""

from typing import Final

from chessa_codegen.ir.plan import Plan
from chessa_codegen.ir.types import named

_VERBS: Final = ("Returned by", "The response of", "The value of", "The error of", "The body of")


def usage_of(plan: Plan) -> dict[str, str]:
    """Return one sentence for each model: which methods return it, or which models hold it."""
    returned: dict[str, list[str]] = {}
    answered: dict[str, list[str]] = {}
    held: dict[str, list[str]] = {}
    failed: dict[str, list[str]] = {}
    for operation in (one for resource in plan.resources for one in resource.operations):
        for name in named(operation.result):
            returned.setdefault(name, []).append(f"`{operation.name}`")
        for response in operation.responses:
            use = failed if response.status[0] in "45" else answered
            for name in named(response.shape):
                use.setdefault(name, []).append(f"`{operation.name}`")
    sent: dict[str, list[str]] = {}
    for webhook in plan.webhooks:
        for name in named(webhook.shape):
            sent.setdefault(name, []).append(f"`webhooks.{webhook.name}`")
    for model in plan.models:
        for field in model.fields:
            for name in named(field.shape):
                held.setdefault(name, []).append(f"`{model.name}.{field.name}`")
    return {
        model.name: _sentence(model.name, returned, answered, held, failed, sent)
        for model in plan.models
    }


def _sentence(name: str, *uses: dict[str, list[str]]) -> str:
    for verb, use in zip(_VERBS, uses, strict=True):
        places = list(dict.fromkeys(use.get(name, ())))
        if places:
            return f"{verb} {_listed(places)}."
    return f"`{name}` of the spec."


def _listed(places: list[str]) -> str:
    if len(places) > 4:
        return f"{', '.join(places[:3])} and {len(places) - 3} more"
    return " and ".join(filter(None, [", ".join(places[:-1]), places[-1]]))
