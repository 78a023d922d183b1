"""Rules on imports: what each package may import next to the standard library and itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HTTP_LIBRARY = {"httpx", "httpcore"}
HTTP_MODULE = "overrides/chessa/_transport/library.py"
# The nearest folder rules. `chessa` imports `chessa_api`, never the reverse.
MAY_IMPORT = {
    "generated/chessa_api": {"attrs", "dateutil"},
    "overrides/chessa": {"attrs", "chessa_api"},
    "overrides/chessa/_transport": {"attrs", "certifi", "chessa_api", "h11", *HTTP_LIBRARY},
    "overrides/chessa/direct": {"h11"},
    "overrides/chessa/testing": {
        "attrs",
        "chessa_api",
        "openapi_schema_validator",
        "pytest",
        "aiohttp",
    },
}
# The scripts make the package, so they cannot stand on it; the demo shows it, as a user's code.
SCRIPTS_MAY_NOT_IMPORT = {"chessa", "chessa_api"}
USER_CODE = "demo*.py"


def imported_names(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every absolute import, wherever it stands and whatever runs it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(module), level=0):
                names = [module]
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ) if not name.startswith("."):
                names = [name]
            case _:
                continue
        for name in names:
            yield node.lineno, name.partition(".")[0]


def modules(room: str) -> list[Path]:
    """The modules of a room, without those of the rooms inside it."""
    inner = [ROOT / other for other in MAY_IMPORT if other.startswith(f"{room}/")]
    return [
        path
        for path in sorted((ROOT / room).rglob("*.py"))
        if not any(path.is_relative_to(folder) for folder in inner)
    ]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    """Each package imports the standard library, itself, and what the table grants it."""
    granted = MAY_IMPORT[room] | {room.split("/")[1]} | sys.stdlib_module_names
    paths = modules(room)
    assert paths, f"{room} holds no module: the rule would pass on nothing"
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in paths
        for line, name in imported_names(path.read_text("utf-8"))
        if name not in granted
    ]
    assert not strays, "\n".join(strays)


def test_the_http_library_is_imported_in_one_module() -> None:
    """Moving to the library's successor is the work of that module and of no other."""
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "overrides/chessa").rglob("*.py")
        for _, name in imported_names(path.read_text("utf-8"))
        if name in HTTP_LIBRARY
    }
    assert importing == {HTTP_MODULE}


def test_scripts_do_not_stand_on_what_they_make() -> None:
    """No script but the demo imports the client or the generated package."""
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules("scripts")
        if not path.match(USER_CODE) and not path.is_relative_to(ROOT / "scripts/templates")
        for line, name in imported_names(path.read_text("utf-8"))
        if name in SCRIPTS_MAY_NOT_IMPORT
    ]
    assert not strays, "\n".join(strays)


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "import json, httpx._models as m",
        "from httpx import Client",
        "def f():\n    from httpx._client import Client",
        "if TYPE_CHECKING:\n    import httpx",
        "importlib.import_module('httpx')",
        "__import__('httpx')",
    ],
)
def test_every_form_of_import_is_seen(source: str) -> None:
    """An import counts in a function, for types only, or by name, as much as at the top."""
    assert "httpx" in [name for _, name in imported_names(source)]


def test_relative_imports_stay_in_the_room() -> None:
    """A relative import is never taken for a package of that name."""
    assert not list(
        imported_names("from . import httpx\nfrom .attrs import x\nimport_module('.a')")
    )
