"""The arguments of a method as the spec documents them: names, places, order, and values to try.

The spec and the method's hints give the signature as it should be, and a strategy for sets of
arguments that a caller may give.
"""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import attrs
from hypothesis import strategies as st

import chessa
from chessa.testing._spec.document import SpecOperation
from chessa.testing._spec.parameters import is_ignored
from chessa_api.model import Model
from chessa_codegen.ir import naming
from tests.property.effective import flag, kinds, plain, properties
from tests.property.json_text import read
from tests.property.media import is_file, kind_of, sent_form
from tests.property.python_values import python_values
from tests.property.surface import method_hints, offered
from tests.property.wire import has_a_form, schema_of

Location = Literal["path", "query", "header", "cookie", "member", "body"]
_SUFFIXES: Final = {
    **{place: f"_{place}" for place in ("query", "header", "cookie")},
    **dict.fromkeys(("member", "body"), "_body"),
}
_GIVEN_BY_THE_CLIENT: Final = frozenset({"user-agent", "accept-encoding"})


@attrs.frozen
class Argument:
    """An argument as it should be."""

    name: str
    wire: str
    location: Location
    schema: Any
    required: bool
    parameter: Mapping[str, Any] | None = None
    """The parameter object of the spec; None for what goes into the body."""
    is_file: bool = False


def documented_arguments(documented: SpecOperation) -> list[Argument]:
    """The arguments of an operation in their order: the path's, other parameters, the body's."""
    found = [*_parameters(documented), *_of_body(documented)]
    wanted = [naming.snake(argument.name, naming.ARGUMENT_NAMES_TAKEN) for argument in found]
    return [
        attrs.evolve(argument, name=name if argument.location == "path" or wanted.count(name) == 1
                     else f"{name}{_SUFFIXES[argument.location]}")
        for argument, name in zip(found, wanted, strict=True)
    ]  # fmt: skip


def _parameters(documented: SpecOperation) -> Iterator[Argument]:
    in_path = [part.partition("}")[0] for part in documented.path.split("{")[1:]]
    ordered = sorted(
        documented.parameters,
        key=lambda each: in_path.index(each["name"]) if each["in"] == "path" else len(in_path),
    )
    for each in ordered:
        key, location = each["name"], each["in"]
        if is_ignored(each) or (location == "header" and key.lower() in _GIVEN_BY_THE_CLIENT):
            continue
        schema = schema_of(each)
        name = each.get("x-python-name") or plain(schema).get("x-python-name") or key
        required = location == "path" or each.get("required") is True
        yield Argument(name, key, location, schema, required, each)


def _of_body(documented: SpecOperation) -> Iterator[Argument]:
    form = sent_form(documented)
    if documented.body is None or form is None:
        return
    media_type, schema = form
    kind_sent = kind_of(media_type)
    needed = documented.body.get("required") is True
    body = plain(schema)
    (kind, *others) = kinds(schema)
    if kind_sent in ("text", "binary"):
        yield Argument("body", "", "body", schema, needed, is_file=kind_sent == "binary")
        return
    if others or kind.name != "object" or "oneOf" in body or "anyOf" in body:
        yield Argument("body", "", "body", schema, needed)
        return
    for key, each in properties(kind.schema).items():
        if not flag(each, "readOnly"):
            name = (plain(each) if isinstance(each, Mapping) else {}).get("x-python-name", key)
            required = key in kind.schema.get("required", ())  # a body without it is refused
            holds_file = kind_sent == "multipart" and is_file(each)
            yield Argument(name, key, "member", each, required, is_file=holds_file)


def exclusive(documented: SpecOperation) -> list[list[str]]:
    """Groups of wire names of which one may be given."""
    groups: list[list[str]] = plain(documented.body_schema() or {}).get("x-mutually-exclusive", [])
    return groups


@st.composite
def arguments(draw: st.DrawFn, documented: SpecOperation, client: object) -> dict[str, Any]:
    """Arguments that hints and constraints allow; what is optional may be left out, or be UNSET."""
    hints = method_hints(client, offered(documented).name)
    groups = [(group, draw(st.sampled_from(group))) for group in exclusive(documented)]
    left_out = {key for group, kept in groups for key in group if key != kept}
    given: dict[str, Any] = {}
    wanted = documented_arguments(documented)
    for argument in wanted:
        if argument.required or (argument.wire not in left_out and draw(st.integers(0, 3))):
            given[argument.name] = draw(_values(argument, hints[argument.name], wanted))
        elif draw(st.booleans()):
            given[argument.name] = chessa.UNSET
    members = [each for each in wanted if each.location == "member"]
    if needs_a_part(documented) and not any(is_a_part(given.get(each.name)) for each in members):
        argument = draw(st.sampled_from(members))
        values = _values(argument, hints[argument.name], wanted)
        given[argument.name] = draw(values.filter(is_a_part))
    return given


def needs_a_part(documented: SpecOperation) -> bool:
    """Return whether a body without members is refused: no server reads an empty multipart body."""
    form, body = sent_form(documented), documented.body or {}
    return form is not None and kind_of(form[0]) == "multipart" and body.get("required") is True


def is_a_part(value: Any) -> bool:
    """Return whether a member is sent as a part of a body."""
    return value is not chessa.UNSET and value is not None and value != []


def _values(argument: Argument, hint: Any, every: list[Argument]) -> st.SearchStrategy[Any]:
    if argument.is_file:
        return st.binary(max_size=40)
    made = python_values(argument.schema, hint, "request")
    parameter = argument.parameter
    if parameter is None:
        return made
    taken = others(argument, every)
    return made.filter(lambda value: has_a_form(parameter, as_json(value), taken))


def others(argument: Argument, every: list[Argument]) -> set[str]:
    """The names of the other parameters of the same place."""
    return {
        each.wire for each in every if each.location == argument.location and each is not argument
    }


def as_json(value: Any) -> Any:
    """A Python value as the JSON that a body would have for it."""
    if isinstance(value, Model):
        return read(value.to_json())
    if isinstance(value, Mapping):
        return {name: as_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [*map(as_json, value)]
    return value.isoformat() if isinstance(value, datetime.date) else value
