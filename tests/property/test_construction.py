"""Property 2: whatever the hints and the schema allow is written as the schema documents."""

import pytest
from hypothesis import given

from chessa_api.model import Model
from tests.property.effective import SCHEMAS
from tests.property.generation import PROFILE
from tests.property.json_text import read
from tests.property.meaning import problems, same_on_the_wire
from tests.property.python_values import models
from tests.property.surface import Place, misfit_attributes, places


@pytest.mark.parametrize("place", places(), ids=str)
def test_what_is_made_is_written_as_documented(place: Place) -> None:
    """An instance is valid on the wire, means its attributes, and reads back as the same."""

    @PROFILE
    @given(models(place.cls, place.schema, place.direction))
    def holds(made: Model) -> None:
        wire = read(made.to_json())
        assert SCHEMAS.problems(wire, place.schema, place.direction, "it") == []
        assert problems(place.schema, wire, made) == []
        assert misfit_attributes(made) == []
        back = type(made).from_json(made.to_json())
        assert same_on_the_wire(place.schema, wire, read(back.to_json()))

    holds()
