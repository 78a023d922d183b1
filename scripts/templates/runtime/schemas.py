"""The JSON schema of every model and enum, as the generator wrote it from the spec."""

import functools
import json
from pathlib import Path
from typing import Any, Final

DEFINITIONS: Final = "#/$defs/"
"""What stands before the name of a class in a reference to it."""


@functools.cache
def definitions() -> dict[str, Any]:
    """Return the schemas by the names of their classes. They refer to each other."""
    text = Path(__file__).with_name("schemas.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["$defs"]
    return found
