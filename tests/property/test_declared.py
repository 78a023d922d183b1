"""The package declares all that the spec documents: every operation, argument, field and value.

Nothing is missing, nothing is added, and every name and type follows the rules of naming and the
schemas.
"""

import inspect
import itertools
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given

import chessa
from chessa.testing._spec.document import SpecOperation
from chessa_api.model import Model
from tests.property import surface
from tests.property.arguments import documented_arguments
from tests.property.effective import Kind, flag, kinds, node, plain, properties, spelling
from tests.property.expected import is_read
from tests.property.generation import PROFILE, valid
from tests.property.json_text import written
from tests.property.meaning import names
from tests.property.media import is_returned
from tests.property.statuses import successes
from tests.property.surface import DOCUMENTED, Place, alternatives, fitting, hints, offered, places

PLACES: Final = places()
CLASSES: Final = sorted({place.cls for place in PLACES}, key=lambda cls: cls.__name__)
CLIENTS: Final[dict[str, Any]] = {"sync": chessa.Chessa, "async": chessa.AsyncChessa}
OPTIONAL: Final = "x-optional"
_PINNED: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def of_class(cls: type[Model]) -> Iterator[Place]:
    """Every schema that a class stands for."""
    return (place for place in PLACES if place.cls is cls)


def test_every_operation_is_offered_and_no_other() -> None:
    """Each method and path of the spec has one operation, under the name that the spec pins."""
    assert len(surface.offered_names()) == len(set(surface.offered_names())) == len(DOCUMENTED)
    for documented in DOCUMENTED:
        operation = offered(documented)
        said = node(documented)
        assert (operation.method, operation.path) == (documented.method, documented.path)
        if _PINNED.fullmatch(said.get("operationId", "")):
            assert operation.name == said["operationId"]
        assert operation.operation_id == said.get("x-vendor-operation-id")
        assert operation.is_read == is_read(documented)
        assert set(operation.responses) == set(documented.answers)


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: each.key)
@pytest.mark.parametrize("mode", CLIENTS)
def test_a_method_takes_what_the_spec_documents(documented: SpecOperation, mode: str) -> None:
    """The path's parameters in its order; all else by name; a default for what is optional."""
    client = CLIENTS[mode](client_id="id", client_secret="secret")
    function = surface.method(client, offered(documented).name)
    assert inspect.iscoroutinefunction(function) == (mode == "async")
    parameters = list(inspect.signature(function).parameters.values())
    wanted = documented_arguments(documented)
    in_path = [each.name for each in wanted if each.location == "path"]
    assert [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD] == in_path
    by_name = {p.name: p for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert set(by_name) == {each.name for each in wanted if each.location != "path"}
    required = {p.name for p in parameters if p.default is p.empty}
    assert required == {each.name for each in wanted if each.required}
    assert all(p.default is chessa.UNSET for p in parameters if p.name not in required)
    typed = surface.method_hints(client, offered(documented).name)
    for argument in wanted:
        is_null_possible = argument.parameter is None
        if argument.is_file:
            assert bytes in alternatives(typed[argument.name]), argument
        for kind in () if argument.is_file else kinds(argument.schema):
            if kind.name != "null" or is_null_possible:
                assert surface.takes(kind, typed[argument.name]), (argument, kind)
        assert float not in alternatives(typed[argument.name])


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: each.key)
def test_a_method_says_what_it_returns(documented: SpecOperation) -> None:
    """Its hint stands for every kind of value that a success may hold."""
    unwrapped = node(documented).get("x-unwrap")
    hint = surface.result_hint(offered(documented))
    for case in successes(documented):
        schema = case.schema
        if schema is None:
            assert type(None) in alternatives(hint)
            continue
        if not case.is_json:
            assert any(is_returned(case.media_type, part) for part in alternatives(hint))
            continue
        if unwrapped is not None:
            schema = properties(plain(schema))[unwrapped]
        for kind in kinds(schema):
            assert fitting(kind, hint) is not None, (kind, hint)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_has_the_documented_fields_and_no_other(cls: type[Model]) -> None:
    """Every property of its schemas is an attribute of the name and type that they say."""
    typed = hints(cls)
    documented: dict[str, list[Any]] = {}
    for place in of_class(cls):
        for key, schema in properties(place.schema).items():
            documented.setdefault(names(place.schema)[key], []).append(schema)
    assert set(typed) == set(documented)
    for name, schemas in documented.items():
        allowed = [kind for schema in schemas for kind in kinds(schema)]
        for kind in allowed:
            assert fitting(kind, typed[name]) is not None, (cls, name, kind)
        for part in alternatives(typed[name]):
            is_none = part is type(None) and any(flag(each, OPTIONAL) for each in schemas)
            assert is_none or any(fitting(kind, part) for kind in allowed), (cls, name, part)


def enums() -> list[tuple[Any, set[Any]]]:
    """Every enum of the classes and arguments, with the values that the spec lists."""
    listed: dict[Any, set[Any]] = {}
    seen: dict[Any, set[Any]] = {}  # by us, and spelled as the vendor does
    for place in PLACES:
        for key, schema in properties(place.schema).items():
            for kind, enum in _enums_below(schema, hints(place.cls)[names(place.schema)[key]]):
                listed.setdefault(enum, set()).update(kind.schema.get("enum", ()))
                seen.setdefault(enum, set()).update(kind.schema.get("x-open-enum", ()))
    for enum, values in listed.items():
        spelled = {spelling(value) for value in values}
        values |= {value for value in seen[enum] if spelling(value) not in spelled}
        values.discard(None)
    return list(listed.items())


def _enums_below(schema: Any, hint: Any) -> Iterator[tuple[Kind, Any]]:
    for kind in kinds(schema):
        if kind.name in ("text-enum", "integer-enum"):
            yield kind, fitting(kind, hint)


@pytest.mark.parametrize(
    ("enum", "listed"), enums(), ids=lambda each: getattr(each, "__name__", "")
)
def test_an_enum_knows_the_listed_values(enum: Any, listed: set[Any]) -> None:
    """Its constants are the values that the spec lists; any other value is kept, and not known."""
    assert {member.value for member in enum} == listed
    assert all(member.is_known for member in enum)
    constants = {name for name in vars(enum) if name.isupper()}
    assert len({getattr(enum, name) for name in constants}) == len(listed)
    for value, other in itertools.product(listed, ("new", "")):
        changed = value + 100_000 if isinstance(value, int) else f"{value}{other or ' '}"
        if changed not in listed:
            assert not enum(changed).is_known
            assert enum(changed) == changed


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_is_absent_is_not_made_up(place: Place) -> None:
    """An omitted field is refused where required, None where optional, else an error."""

    @PROFILE
    @given(valid(place.schema, place.direction))
    def holds(value: dict[str, Any]) -> None:
        least = {key: value[key] for key in place.required}
        model = place.cls.from_json(written(least))
        for key in place.required:
            rest = {other: least[other] for other in least if other != key}
            with pytest.raises(chessa.DecodeError, match=re.escape(key)):
                place.cls.from_json(written(rest))
        for key, name in names(place.schema).items():
            if key not in place.required:
                check_absent(model, name, is_optional=flag(properties(place.schema)[key], OPTIONAL))
        assert set(model.to_dict()) == set(place.required)

    holds()


def check_absent(model: Model, name: str, *, is_optional: bool) -> None:
    """An attribute that the server left out: None where that is documented, else an error."""
    assert name not in model
    if is_optional:
        assert getattr(model, name, "raises") is None
    else:
        with pytest.raises(chessa.AbsentFieldError, match=name):
            getattr(model, name)
