"""Methods for other media types, as the comparison of two packages reads them."""

import pytest

from chessa_tracking.api_diff.reader import read
from tests.pipeline.made import Package


@pytest.mark.parametrize(
    ("method", "result", "arguments"),
    [
        ("receipt", "bytes", []),
        ("either", "bytes | str", []),
        ("receipt_to_file", "SavedFile", [("file", "", True)]),
        ("events", "EventStream[models.GetEventsEvent]", [("last_event_id", "UNSET", False)]),
        ("texts", "EventStream[str]", []),
        ("fields", "EventStream[models.GetFieldsEvent]", []),
        ("changes", "EventStream[models.GetChangesEvent]", []),
    ],
)
def test_a_method(
    package: Package, method: str, result: str, arguments: list[tuple[str, str, bool]]
) -> None:
    """It has its result and its arguments, in both modes."""
    surface = read(package.folder)
    for face, prefix in (("Resources", ""), ("AsyncResources", "Async")):
        found = surface.faces[face]["files"][method]
        is_stream = result.startswith("EventStream")
        assert found.result == f"{prefix if is_stream else ''}{result}"
        assert [(one.name, one.default, one.by_position) for one in found.arguments] == arguments
