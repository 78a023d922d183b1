"""The straight-line decoder of a model: how each field is decoded, for `model.py.jinja`.

Values of the usual form are decoded in place. All others go through the codec of the field, which
defines what a value is: a test in place must never accept what its codec would decode differently.
Nothing of the spec enters this code but names that passed `naming`.
"""

from typing import Final

import attrs

from chessa_codegen.ir import types
from chessa_codegen.ir.plan import ModelPlan
from chessa_codegen.ir.types import Shape

_TESTS: Final = {
    types.STRING: "{0}.__class__ is str",
    types.BOOLEAN: "{0}.__class__ is bool",
    types.INTEGER: "{0}.__class__ is int",
    types.JSON: "{0} is None or {0}.__class__ is str",
}


@attrs.frozen
class Usual:
    """A field that is decoded in place: the test of the usual form, and the value then."""

    name: str
    test: str
    value: str


@attrs.frozen
class Decoder:
    """The steps of the decoder of a model, in order."""

    names: list[str]
    """The fields whose values it receives."""
    amounts: list[str]
    """The amounts, which are tested together: most objects have several."""
    times: list[str]
    """The timestamps, which are read together."""
    usual: list[Usual]
    others: list[str]
    """The fields that only their codecs decode."""
    optional: list[tuple[str, str]]
    """Key and name of the fields that are often missing: looked up one by one."""

    @property
    def joined_amounts(self) -> str:
        """The amounts as one text: a formatted string literal."""
        return f'f"{",".join(f"{{{name}}}" for name in self.amounts)}"'


def decoder_of(model: ModelPlan) -> Decoder:
    """Decide how each field of a model is decoded."""
    given = {field.name: field.shape for field in model.fields if not field.optional}
    amounts, times = (_of_shape(given, shape) for shape in (types.DECIMAL, types.DATE_TIME))
    usual = [one for name, shape in given.items() for one in _usual(name, shape)]
    in_place = {*amounts, *times, *(one.name for one in usual)}
    return Decoder(
        names=list(given),
        amounts=amounts,
        times=times,
        usual=usual,
        others=[name for name in given if name not in in_place],
        optional=[(field.key, field.name) for field in model.fields if field.optional],
    )


def _of_shape(given: dict[str, Shape], shape: Shape) -> list[str]:
    return [name for name, each in given.items() if each == shape]


def _usual(name: str, shape: Shape) -> list[Usual]:
    match shape:
        case types.Constant(base):
            return _usual(name, base)
        case types.EnumRef(enum, integer=False):
            members = f"models.{enum}.members"
            test = f"{_TESTS[types.STRING].format(name)} and {name} in {members}"
            return [Usual(name, test, f"{members}[{name}]")]
        case types.Nullable(inner) if inner in _TESTS:
            test = _TESTS[inner].format(name)
            null = f"{name} is None"
            return [Usual(name, test if null in test else f"{null} or {test}", name)]
        case _ if shape in _TESTS:
            return [Usual(name, _TESTS[shape].format(name), name)]
        case _:
            return []
