"""Property 1: JSON that a schema allows is read to the last digit, and written back as it came."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.generation import PROFILE, valid
from tests.property.json_text import read, written
from tests.property.meaning import names, problems, same_on_the_wire
from tests.property.surface import Place, misfit_attributes, places

PLACES = places()


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_comes_is_read_and_goes_back(place: Place) -> None:
    """A valid object is read completely, attribute by attribute, and written as it was."""

    @PROFILE
    @given(valid(place.schema, place.direction))
    def holds(value: object) -> None:
        sent = read(written(value))
        model = place.cls.from_json(written(value))
        assert problems(place.schema, sent, model) == []
        assert misfit_attributes(model) == []
        assert same_on_the_wire(place.schema, sent, read(model.to_json()))
        assert place.cls.from_dict(model.to_dict()) == model

    holds()


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_unknown_keys_are_kept(place: Place) -> None:
    """Other members of an object are kept next to the attributes, and written back."""

    @PROFILE
    @given(
        valid(place.schema, place.direction), st.text(min_size=1, max_size=8).map("new-{}".format)
    )
    def holds(value: dict[str, object], key: str) -> None:
        sent = read(written({**value, key: {"deep": [1, "x", None]}}))
        model = place.cls.from_json(written(sent))
        assert model.additional_properties.get(key) == {"deep": [1, "x", None]}
        assert key not in model.misfits
        assert same_on_the_wire(place.schema, sent, read(model.to_json()))

    holds()


@pytest.mark.parametrize("place", [each for each in PLACES if "x-iterate" in each.schema], ids=str)
def test_what_answers_many_is_walked_through(place: Place) -> None:
    """A list holds its rows, all of them, in their order."""
    name = names(place.schema)[place.schema["x-iterate"]]

    @PROFILE
    @given(valid(place.schema, place.direction))
    def holds(value: object) -> None:
        model: Any = place.cls.from_json(written(value))
        if name in model:
            assert list(model) == getattr(model, name)
            assert len(model) == len(getattr(model, name))

    holds()
