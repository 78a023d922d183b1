"""Property 3: any JSON that a server sends becomes a result that means it, or a `ChessaError`.

The attributes of a result conform to their hints, and the body is given back; an error needs a
reason.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chessa
from chessa.testing._spec.document import SpecOperation
from tests.property.arguments import arguments
from tests.property.calls import Answer, BothClients
from tests.property.effective import SCHEMAS, properties
from tests.property.expected import of_unusable_success
from tests.property.generation import PROFILE, any_json, nearly_valid, valid
from tests.property.json_text import read, written
from tests.property.meaning import problems, same_on_the_wire
from tests.property.statuses import Case, successes
from tests.property.surface import (
    DOCUMENTED,
    Place,
    as_wire,
    conforms,
    misfit_attributes,
    offered,
    places,
    result_hint,
)

CASES = [
    pytest.param(documented, case, id=f"{documented.key} {case.status}")
    for documented in DOCUMENTED
    for case in successes(documented)[:2]
    if case.schema is not None and case.is_json
]


@pytest.mark.parametrize(("documented", "case"), CASES)
def test_any_body_of_a_success_is_read_or_refused(
    documented: SpecOperation, case: Case, both: BothClients
) -> None:
    """A result that conforms and gives the body back, or the error of an unusable response."""
    operation = offered(documented)
    hint = result_hint(operation)

    @PROFILE
    @given(arguments(documented, both.sync), any_json | nearly_valid(case.schema))
    def holds(given_: dict[str, Any], body: object) -> None:
        sent = read(written(body))
        answer = Answer(case.status, written(body))
        got = both.call(operation.name, given_, answer, raw=True)
        if isinstance(got, chessa.ChessaError):
            expected = of_unusable_success(documented)
            assert (type(got), got.outcome) == (expected.error, expected.outcome)
            assert not SCHEMAS.allows(sent, case.schema), "a valid response was refused"
        else:
            assert conforms(got.parsed, hint)
            assert problems(case.schema, sent, got.envelope, strict=False) == []
            assert same_on_the_wire(
                case.schema, sent, as_wire(operation, case.status, got.envelope)
            )

    holds()


@pytest.mark.parametrize("place", places(), ids=str)
def test_a_bad_field_spoils_itself_only(place: Place) -> None:
    """Where one field of a valid object is anything, the rest is read, and nothing is made up."""
    named = [key for key in properties(place.schema) if key not in place.required]

    @PROFILE
    @given(valid(place.schema, place.direction), st.sampled_from(named or [""]), any_json)
    def holds(value: dict[str, object], key: str, other: object) -> None:
        spoiled = {**value, key: other}
        sent = read(written(spoiled))
        model = place.cls.from_json(written(spoiled))
        # A class is shared: what this place does not document, another may, as something else.
        assert set(model.misfits) & set(properties(place.schema)) <= {key}
        assert misfit_attributes(model) == []
        assert problems(place.schema, sent, model, strict=False) == []
        assert same_on_the_wire(place.schema, sent, read(model.to_json()))

    holds()


@pytest.mark.parametrize("place", places(), ids=str)
def test_any_json_is_a_model_or_an_error(place: Place) -> None:
    """A class reads an object that has what is required, and raises `DecodeError` for all else."""

    @PROFILE
    @given(any_json | nearly_valid(place.schema))
    def holds(value: object) -> None:
        sent = read(written(value))
        try:
            model = place.cls.from_json(written(value))
        except chessa.DecodeError:
            assert not SCHEMAS.allows(sent, place.schema, place.direction)
        else:
            assert set(place.required) <= set(sent)
            assert misfit_attributes(model) == []
            assert problems(place.schema, sent, model, strict=False) == []
            assert same_on_the_wire(place.schema, sent, read(model.to_json()))

    holds()
