"""The vendor's document in the form of its pages, whatever form is vendored now.

What is said of places in a document, or of its change to another form, starts from this one.
"""

import re
from pathlib import Path
from typing import Any, Final

from chessa_codegen.document import loader
from chessa_codegen.document.canonical import is_same

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = loader.read(Path(__file__).parent / "evolution/bases/vendored.yaml")
IS_VENDORED: Final = is_same(DOCUMENT, loader.read(ROOT / "spec" / "openapi.yaml"))
_FIRST_PATH: Final = re.compile(r"\$\.paths\['([^']*)'\]")


def corrections() -> dict[str, Any]:
    """Return the overlay, without the actions on paths that this form does not have."""
    overlay: dict[str, Any] = loader.read(ROOT / "spec" / "overlay.yaml")
    kept = [each for each in overlay["actions"] if _is_known(each["target"])]
    return {**overlay, "actions": kept}


def _is_known(target: str) -> bool:
    path = _FIRST_PATH.match(target)
    return path is None or path[1] in DOCUMENT["paths"]
