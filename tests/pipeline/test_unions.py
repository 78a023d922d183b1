"""Values of several kinds are read into the kind that the document lists or names."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_codegen.regeneration import settled
from tests.marks import table
from tests.pipeline.made import Document, Package, answers, document, make, operation

TEXT: Document = {"type": "string"}


def to(name: str) -> Document:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def of(*required: str, **properties: Any) -> Document:
    """Return an object."""
    return {"type": "object", "properties": properties, "required": [*required]}


def reading(folder: Path, schema: Any, schemas: Document, version: str = "3.1.0") -> Package:
    """Make a package with one operation, which returns this schema."""
    paths = {"/things": {"get": operation("read", responses=answers(schema))}}
    return make(folder, document(paths, schemas, version=version))


def read(package: Package, value: Any, method: str = "read") -> Any:
    """Return what a response is read into, which goes back as it came."""
    got = package.call(f"things.{method}", answer=json.dumps(value))
    if hasattr(got, "to_dict"):
        assert json.loads(got.to_json()) == value
        assert not got.misfits
    return got


def kind(package: Package, value: Any, method: str = "read") -> str:
    """Return the name of the class that a response is read into."""
    return type(read(package, value, method)).__name__


NULLS: dict[str, tuple[str, Any]] = {
    "an enum": ("3.0.3", {"enum": [None]}),
    "an enum of a type": ("3.0.3", {"type": "string", "nullable": True, "enum": [None]}),
    "a type": ("3.1.0", {"type": "null"}),
    "a list of types": ("3.1.0", {"type": ["null"]}),
    "a constant": ("3.1.0", {"const": None}),
    "a reference": ("3.1.0", to("Null")),
    "an allOf of one": ("3.1.0", {"allOf": [to("Null")]}),
    "an allOf of one, described": ("3.1.0", {"allOf": [to("Null"), {"description": "Nothing."}]}),
    "a oneOf of one": ("3.1.0", {"oneOf": [to("Null")]}),
}


KEYWORDS: Final = ("oneOf", "anyOf")


@pytest.fixture(scope="module", params=["3.0.3", "3.1.0"])
def nulls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Return a package with an order for each spelling of null in a version."""
    schemas: Document = {
        "Refund": of(day={"type": "string", "format": "date"}),
        "Status": {"type": "string", "enum": ["open", "paid"]},
        "Blank": {"enum": [""]},
        "Null": {"enum": [None]},
    }
    paths: Document = {}
    for number, (version, null) in enumerate(NULLS.values()):
        for keyword in KEYWORDS if version == request.param else ():
            name = f"{keyword}{number}"
            schemas[f"Nothing{number}"] = null
            schemas[f"Order{name}"] = of(
                status={keyword: [to("Status"), to("Blank"), to(f"Nothing{number}")]},
                refund={keyword: [to("Refund"), null]},
            )
            answer = answers(to(f"Order{name}"))
            paths[f"/{name}"] = {"get": operation(f"things.{name.lower()}", responses=answer)}
    folder = tmp_path_factory.mktemp("nulls")
    return make(folder, document(paths, schemas, version=request.param))


def test_null_has_many_spellings(nulls: Package) -> None:
    """A kind that is null and nothing else makes the others nullable, referred to or not."""
    names = [name for name in nulls.module("models").__all__ if name.startswith("Order")]
    assert len(names) in (4, 14)
    for name in names:
        order = nulls.model(name).__annotations__
        assert order["status"] == "models.Status | models.Blank | None", name
        assert order["refund"] == "models.Refund | None", name
        method = name.removeprefix("Order").lower()
        got = read(nulls, {"status": None, "refund": None}, method)
        assert (got.status, got.refund) == (None, None), name
        got = read(nulls, {"status": "paid", "refund": {"day": "2026-01-02"}}, method)
        assert got.status.is_known, name
        assert got.refund.day.year == 2026, name


def test_a_nullable_part_is_not_null(tmp_path: Path) -> None:
    """`nullable` next to a reference allows null, and says nothing else."""
    for number, variant in enumerate(
        (
            {"allOf": [to("Refund")], "nullable": True},
            {"allOf": [to("Refund"), {"nullable": True}]},
        )
    ):
        schemas = {"Order": of(refund={"oneOf": [variant, to("Slip")]}), "Refund": of(day=TEXT)}
        folder = tmp_path / str(number)
        folder.mkdir()
        package = reading(folder, to("Order"), {**schemas, "Slip": of(code=TEXT)}, "3.0.3")
        assert type(read(package, {"refund": {"day": "x"}}).refund).__name__ == "Refund"
        assert type(read(package, {"refund": {"code": "x"}}).refund).__name__ == "Slip"


def titled(value: str) -> Document:
    """Return a constant as frameworks write it: an enum of one, titled by its field."""
    return {"type": "string", "enum": [value], "title": "Type"}


def tagged(tag: Any) -> Document:
    return of("tag", tag=tag, id=TEXT)


def array_of(items: Any) -> Document:
    return {"type": "array", "items": items}


def pair(tag: str) -> Document:
    return {"prefixItems": [{"const": tag}, TEXT], "minItems": 2, "maxItems": 2}


# The tags of two kinds, and a value of the first and of the second.
TAGS: dict[str, tuple[Any, Any, Any, Any]] = {
    "one class by title": (titled("card"), titled("bank"), "card", "bank"),
    "booleans": ({"enum": [True]}, {"enum": [False]}, True, False),
    "typed booleans": (
        {"type": "boolean", "enum": [True]}, {"type": "boolean", "enum": [False]}, True, False
    ),
    "boolean constants": ({"const": True}, {"const": False}, True, False),
    "a boolean and its number": ({"enum": [True, "a"]}, {"enum": [1, "b"]}, True, 1),
    "integers": ({"type": "integer", "enum": [1]}, {"type": "integer", "enum": [2]}, 1, 2),
    "numbers": ({"type": "number", "enum": [0.1]}, {"type": "number", "enum": [0.2]}, 0.1, 0.2),
    "mixed": ({"enum": ["a", 1]}, {"enum": ["b", 2]}, 1, 2),
    "objects": ({"enum": [{"a": 1}]}, {"enum": [{"a": 2}]}, {"a": 1}, {"a": 2}),
    "arrays": ({"enum": [["a"]]}, {"enum": [["b"]]}, ["a"], ["b"]),
    "items": (array_of({"enum": ["card"]}), array_of({"enum": ["bank"]}), ["card"], ["bank"]),
    "items titled": (array_of(titled("card")), array_of(titled("bank")), ["card"], ["bank"]),
    "map values": (
        {"type": "object", "additionalProperties": {"const": "card"}},
        {"type": "object", "additionalProperties": {"const": "bank"}},
        {"a": "card"}, {"a": "bank"},
    ),
    "map values by a pattern": (
        {"type": "object", "patternProperties": {"^a": {"const": "card"}}},
        {"type": "object", "patternProperties": {"^a": {"const": "bank"}}},
        {"a": "card"}, {"a": "bank"},
    ),
    "map values by patterns": (
        {"patternProperties": {"^a": {"const": "card"}, "^b": {"const": "slip"}}},
        {"patternProperties": {"^a": {"const": "bank"}, "^b": {"const": "note"}}},
        {"b": "slip"}, {"b": "note"},
    ),
    "the first of a tuple": (pair("card"), pair("bank"), ["card", "bank"], ["bank", "card"]),
    "a nested object": (of(of=titled("card")), of(of=titled("bank")),
                        {"of": "card"}, {"of": "bank"}),
    "objects in an array": (array_of(of(of=titled("card"))), array_of(of(of=titled("bank"))),
                            [{"of": "card"}], [{"of": "bank"}]),
    "by reference": (to("CardTag"), to("BankTag"), "card", "bank"),
    "by allOf": ({"allOf": [to("CardTag"), TEXT]}, {"allOf": [to("BankTag")]}, "card", "bank"),
    "of alternatives": ({"oneOf": [titled("card"), titled("slip")]}, titled("bank"),
                        "slip", "bank"),
    "null": ({"type": ["string", "null"], "enum": ["card", None], "title": "Type"},
             {"type": ["string", "null"], "enum": ["bank", None], "title": "Type"},
             "card", "bank"),
}  # fmt: skip


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Return a package that reads the two kinds of each row, in both orders."""
    schemas: Document = {"CardTag": titled("card"), "BankTag": titled("bank")}
    paths: Document = {}
    for number, (first, second, _, _) in enumerate(TAGS.values()):
        kinds = {f"Card{number}": tagged(first), f"Bank{number}": tagged(second)}
        schemas |= kinds
        for way, names in (("there", [*kinds]), ("back", [*kinds][::-1])):
            answer = answers({"oneOf": [to(name) for name in names]})
            paths[f"/{way}/{number}"] = {"get": operation(f"{way}{number}", responses=answer)}
    return make(tmp_path_factory.mktemp("tags"), document(paths, schemas, version="3.1.0"))


@table("number", range(len(TAGS)))
def test_the_values_that_a_schema_lists_tell_its_kind(number: int, tags: Package) -> None:
    """Listed values of any type count, at any place, whatever class the schema shares."""
    for way in ("there", "back"):
        for name, tag in zip(("Card", "Bank"), [*TAGS.values()][number][2:], strict=True):
            assert kind(tags, {"tag": tag, "id": "1"}, f"{way}{number}") == f"{name}{number}"


def test_listed_values_count_in_arrays_of_kinds_and_in_unions_of_unions(tmp_path: Path) -> None:
    """A union that is a kind of another keeps what its kinds list."""
    schemas = {
        "Old": {"oneOf": [to("Card"), to("Bank")]},
        "Card": of(type=titled("card"), version={"const": 1}),
        "Bank": of(type=titled("bank"), version={"const": 1}),
        "New": of(type=TEXT, version={"const": 2}),
    }
    package = reading(tmp_path, {"oneOf": [to("Old"), to("New")]}, schemas)
    assert kind(package, {"type": "bank", "version": 1}) == "Bank"
    assert kind(package, {"type": "bank", "version": 2}) == "New"


def test_a_schema_of_itself_lists_as_deep_as_bounds_allow(tmp_path: Path) -> None:
    """Listings end, however often schemas lead back to each other."""
    wide = {f"p{number}": to("Tree") for number in range(60)}
    schemas = {"Tree": of(**wide, tag=TEXT), "A": of(tag=titled("a"), in_=to("Tree")),
               "B": of(tag=titled("b"), in_=to("Tree"))}  # fmt: skip
    package = reading(tmp_path, {"oneOf": [to("A"), to("B")]}, schemas)
    assert kind(package, {"tag": "b", "in_": {"p1": {"p2": {"tag": "x"}}}}) == "B"


@table(
    ("schema", "values"),
    [
        ({"type": "integer"}, (1, 2)),
        ({"type": "boolean"}, (True, False)),
        (TEXT, ("1", "2")),
        ({"type": ["string", "integer"]}, ("1", 2)),
    ],
)
def test_a_discriminator_is_compared_as_its_json_text(
    schema: Document, values: tuple[Any, Any], tmp_path: Path
) -> None:
    """Mappings have text for keys: 2 is "2", and true is "true"."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in values]
    mapping = {text: f"#/components/schemas/V{n}" for n, text in enumerate(texts)}
    whole = {
        "oneOf": [to("V0"), to("V1")],
        "discriminator": {"propertyName": "tag", "mapping": mapping},
    }
    package = reading(tmp_path, whole, {"V0": tagged(schema), "V1": tagged(schema)})
    for number, value in enumerate(values):
        assert kind(package, {"tag": value, "id": "1"}) == f"V{number}"


BASE: Document = {
    **of("type", type=TEXT),
    "discriminator": {
        "propertyName": "type",
        "mapping": {"ACH": "#/components/schemas/Ach", "WIRE": "Wire"},
    },
}
DERIVED: Document = {
    "Ach": {"allOf": [to("Instrument"), of("routing", routing=TEXT)]},
    "Wire": {"allOf": [to("Instrument"), of(swift=TEXT)]},
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_base_is_read_into_what_is_made_of_it(version: str, tmp_path: Path) -> None:
    """Its discriminator says which; what it does not say is of the base."""
    whole = array_of(to("Instrument"))
    package = reading(tmp_path, whole, {"Instrument": BASE, **DERIVED}, version)
    values = [
        {"type": "WIRE", "swift": "s"},
        {"type": "ACH", "routing": "r"},
        {"type": "WIRE"},
        {"type": "Ach", "routing": "r"},
        {"type": "PIX", "key": "k"},
    ]
    got = package.call("things.read", answer=json.dumps(values))
    assert [type(one).__name__ for one in got] == ["Wire", "Ach", "Wire", "Ach", "Instrument"]
    assert [one.to_dict() for one in got] == values
    assert "models.Ach | models.Wire | models.Instrument" in package.source(
        "api/things/__init__.py"
    )


def test_a_base_without_a_mapping_goes_by_names(tmp_path: Path) -> None:
    """Kinds of kinds and kinds that add nothing are kinds as well."""
    base = {**of("type", type=TEXT), "discriminator": {"propertyName": "type"}}
    schemas = {
        "Instrument": base,
        **DERIVED,
        "Cash": {"allOf": [to("Instrument")]},
        "SameDay": {"allOf": [to("Ach"), of(fee=TEXT)]},
    }
    package = reading(tmp_path, to("Instrument"), schemas)
    for name in ("Cash", "Wire"):
        assert kind(package, {"type": name}) == name
    assert kind(package, {"type": "SameDay", "routing": "r"}) == "SameDay"
    assert kind(package, {"type": "Other", "routing": "r"}) == "Instrument"


def test_the_kinds_of_a_base_are_told_apart_without_it(tmp_path: Path) -> None:
    """A oneOf that has no discriminator goes by that of the base of its kinds."""
    same = {"allOf": [to("Instrument"), of(code=TEXT)]}
    schemas = {"Instrument": BASE, "Ach": same, "Wire": same}
    package = reading(tmp_path, {"oneOf": [to("Ach"), to("Wire")]}, schemas)
    assert kind(package, {"type": "ACH", "code": "c"}) == "Ach"
    assert kind(package, {"type": "WIRE", "code": "c"}) == "Wire"


def test_a_body_of_a_base_takes_its_kinds(tmp_path: Path) -> None:
    """A kind of the base can be sent, and is not reduced to the members of the base."""
    body = {"required": True, "content": {"application/json": {"schema": to("Instrument")}}}
    paths = {"/things": {"post": operation("add", requestBody=body)}}
    package = make(tmp_path, document(paths, {"Instrument": BASE, **DERIVED}))
    wire = package.model("Wire")(type="WIRE", swift="s")
    package.call("things.add", body=wire)
    assert json.loads(package.sent[-1].body) == {"type": "WIRE", "swift": "s"}


@table("keyword", ["oneOf", "anyOf"])
@table("has_discriminator", [True, False])
def test_a_base_may_name_what_is_made_of_it(
    keyword: str, has_discriminator: bool, tmp_path: Path
) -> None:
    """A union of schemas that are made of the union's own schema is not made of itself."""
    base = {**BASE, keyword: [to("Ach"), to("Wire")]}
    if not has_discriminator:
        del base["discriminator"]
    package = reading(tmp_path, to("Instrument"), {"Instrument": base, **DERIVED})
    assert sorted(package.module("models").__all__) == ["Ach", "Wire"]
    ach = read(package, {"type": "ACH", "routing": "r"})
    assert (type(ach).__name__, ach.type, ach.routing) == ("Ach", "ACH", "r")
    assert kind(package, {"type": "WIRE", "swift": "s"}) == "Wire"


def test_a_mere_alias_of_a_base_is_its_kinds(tmp_path: Path) -> None:
    """With a mapping that does not name it, a component of one reference stays an alias."""
    schemas = {
        "Instrument": BASE,
        **DERIVED,
        "Payment": of(by=to("MaybeInstrument")),
        "MaybeInstrument": {"nullable": True, "allOf": [to("Instrument")]},
    }
    package = reading(tmp_path, to("Payment"), schemas, "3.0.3")
    got = read(package, {"by": {"type": "WIRE", "swift": "s"}})
    assert type(got.by).__name__ == "Wire"
    assert read(package, {"by": None}).by is None


def test_an_all_of_with_siblings_holds_all_of_them(tmp_path: Path) -> None:
    """Keywords next to an allOf are a part of it, also in a base's kind."""
    wire = {
        "allOf": [to("Instrument")],
        "type": "object",
        "properties": {"swift": TEXT},
        "required": ["swift"],
    }
    schemas = {"Instrument": BASE, "Wire": wire, "Ach": DERIVED["Ach"]}
    package = reading(tmp_path, to("Instrument"), schemas)
    got = read(package, {"type": "WIRE", "swift": "s"})
    assert (type(got).__name__, got.type, got.swift) == ("Wire", "WIRE", "s")


def json_value(**more: Any) -> Document:
    """Return the alias of any JSON as it is usually written."""
    plain = [{"type": name} for name in ("string", "number", "boolean", "null")]
    return {
        "JsonValue": {
            "anyOf": [
                *plain,
                array_of(to("JsonValue")),
                {"type": "object", "additionalProperties": to("JsonValue")},
            ]
        },
        **more,
    }


def test_an_alias_may_hold_itself(tmp_path: Path) -> None:
    """Arrays and maps of the alias hold any of its kinds, at any depth."""
    package = reading(tmp_path, to("Thing"), json_value(Thing=of(x=to("JsonValue"))))
    assert "x: str | Decimal | bool | list[Any] | dict[str, Any] | None" in package.source(
        "models/thing.py"
    )
    value = {"x": {"a": [1, "b", None, {"c": [True, {}, []]}], "d": 0.5}}
    assert read(package, value).x["a"][3] == {"c": [True, {}, []]}
    for opening, closing in (("[", "]"), ('{"a": ', "}")):
        text = '{"x": ' + opening * 98 + "[]" + closing * 98 + "}"
        got = package.call("things.read", answer=text)
        assert got.to_dict() == json.loads(text)


RECURSIVE: dict[str, tuple[Document, Any]] = {
    "an array": ({"A": array_of(to("A"))}, [[], [[]]]),
    "a map": ({"A": {"type": "object", "additionalProperties": to("A")}}, {"a": {"b": {}}}),
    "a nullable array": ({"A": {"type": ["array", "null"], "items": to("A")}}, [None, [None]]),
    "each other": (
        {"A": array_of(to("B")), "B": {"type": "object", "additionalProperties": to("A")}},
        [{"a": [{"b": []}]}],
    ),
    "through allOf": (
        {"A": {"allOf": [array_of({"allOf": [to("A"), {"description": "Inner."}]})]}},
        [[], [[]]],
    ),
    "two arrays": (
        {"A": {"anyOf": [array_of(to("A")), array_of({"type": ["string"]}),
                         array_of({"anyOf": [to("A"), {"type": "null"}]})]}},
        [[["x"]], ["x", "y"], [[None]]],
    ),
}  # fmt: skip


@table("case", RECURSIVE)
def test_arrays_and_maps_may_hold_themselves(case: str, tmp_path: Path) -> None:
    """Each is read at any depth, as a result, as a property and as a body."""
    schemas, value = RECURSIVE[case]
    body = {"required": True, "content": {"application/json": {"schema": to("A")}}}
    paths = {
        "/things": {
            "get": operation("read", responses=answers(to("A"))),
            "post": operation("add", requestBody=body),
        },
        "/others": {"get": operation("others", responses=answers(of(x=to(max(schemas)))))},
    }
    package = make(tmp_path, document(paths, schemas, version="3.1.0"))
    assert package.call("things.read", answer=json.dumps(value)) == value
    package.call("things.add", body=value)
    assert json.loads(package.sent[-1].body) == value
    with pytest.raises(package.module("errors").EncodeError):
        package.call("things.add", body=5)


def test_objects_within_a_recursive_alias_are_models(tmp_path: Path) -> None:
    """Depth does not lose the class: what is nested in lists is decoded as what is not."""
    schemas = {
        "Tree": array_of({"oneOf": [to("Leaf"), to("Tree")]}),
        "Leaf": of("v", v={"type": "integer"}, under=to("Tree")),
    }
    package = reading(tmp_path, to("Tree"), schemas)
    got = package.call("things.read", answer='[{"v": 1}, [[{"v": 2, "under": [[{"v": 3}]]}]]]')
    assert got[0].v == 1
    assert got[1][0][0].under[0][0].v == 3


def test_aliases_that_all_hold_each_other_end(tmp_path: Path) -> None:
    """The work is bounded where every alias holds every other, and what is left holds any JSON."""
    names = [f"A{number}" for number in range(12)]
    schemas = {name: {"anyOf": [TEXT, *(array_of(to(other)) for other in names)]} for name in names}
    paths = {"/things": {"get": operation("read", responses=answers(to("A0")))}}
    found = settled(document(paths, schemas, version="3.1.0"))
    assert {finding.kind for finding in found.findings} <= {"opened"}
    assert len(found.plan.resources[0].operations) == 1
