"""Rules on imports: the libraries that each package may import, and no cycles."""

import ast
import functools
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.marks import table

ROOT = Path(__file__).parents[2]

HTTP_LIBRARY = {"httpx", "httpcore"}
HTTP_MODULE = "overrides/chessa/_transport/library.py"
# The nearest folder counts. `chessa` imports `chessa_api`, never the reverse.
MAY_IMPORT = {
    # typing_extensions is for type checkers, which know it without having it.
    "generated/chessa_api": {
        "attrs",
        "dateutil",
        "pydantic",
        "pydantic_core",
        "typing_extensions",
    },
    "overrides/chessa": {"attrs", "chessa_api"},
    "overrides/chessa/_transport": {"attrs", "certifi", "chessa_api", "h11", *HTTP_LIBRARY},
    "overrides/chessa/cli": {"attrs", "chessa_api", "click", "rich"},
    "overrides/chessa/direct": {"h11"},
    "overrides/chessa/litestar": {"chessa_api", "litestar"},
    "overrides/chessa/journal": {"attrs", "chessa_api", "sqlalchemy"},
    "overrides/chessa/telemetry": {"attrs", "chessa_api", "opentelemetry"},
    "overrides/chessa/testing": {
        "attrs",
        "chessa_api",
        "openapi_schema_validator",
        "pytest",
        "aiohttp",
    },
}
# The scripts make the package, so they cannot depend on it; the demo shows it, as a user's code.
SCRIPTS_MAY_NOT_IMPORT = {"chessa", "chessa_api"}
USER_CODE = "demo*.py"


@functools.cache
def importing(source: str) -> tuple[ast.Import | ast.ImportFrom | ast.Call, ...]:
    """Return the nodes of a module that may import."""
    return tuple(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
    )


def imported_names(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and top-level name of every absolute import, in functions and by name as well."""
    for node in importing(source):
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


def modules(folder: str) -> list[Path]:
    """Return the modules of a folder, without those of the folders inside it that have a rule."""
    inner = [ROOT / other for other in MAY_IMPORT if other.startswith(f"{folder}/")]
    return [
        path
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not any(path.is_relative_to(other) for other in inner)
    ]


@table("folder", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(folder: str) -> None:
    """Each package imports the standard library, itself, and what the table grants it."""
    granted = MAY_IMPORT[folder] | {folder.split("/")[1]} | sys.stdlib_module_names
    paths = modules(folder)
    assert paths, f"{folder} has no module: the rule would pass on nothing"
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in paths
        for line, name in imported_names(path.read_text("utf-8"))
        if name not in granted
    ]
    assert not wrong, "\n".join(wrong)


def test_the_http_library_is_imported_in_one_module() -> None:
    """Moving to the library's successor is the work of that module and of no other."""
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "overrides/chessa").rglob("*.py")
        for _, name in imported_names(path.read_text("utf-8"))
        if name in HTTP_LIBRARY
    }
    assert importing == {HTTP_MODULE}


def test_scripts_do_not_import_what_they_make() -> None:
    """No script but the demo imports the client or the generated package."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules("scripts")
        if not path.match(USER_CODE) and not path.is_relative_to(ROOT / "scripts/templates")
        for line, name in imported_names(path.read_text("utf-8"))
        if name in SCRIPTS_MAY_NOT_IMPORT
    ]
    assert not wrong, "\n".join(wrong)


@table(
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


def test_relative_imports_stay_in_the_package() -> None:
    """A relative import is never taken for a package of that name."""
    assert not list(
        imported_names("from . import httpx\nfrom .attrs import x\nimport_module('.a')")
    )


# ---- Cycles -------------------------------------------------------------------------------------

TREES = {"overrides": "chessa", "generated": "chessa_api", "scripts": "chessa_*"}
# Cycles of hints, which cannot be had without: models name each other through their lazy package,
# and the codec of a model names the class whose decoders use codecs.
EXEMPT = {"chessa_api.models": {"*"}, "chessa_api.model": {"chessa_api.codecs"}}
"""Modules whose import by these (`*` for all) is not counted."""


def imported_modules(path: Path, root: Path, known: set[str]) -> Iterator[str]:
    """Yield the modules of a tree that a module imports, in functions and for types as well."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    for node in importing(path.read_text("utf-8")):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
            yield from (name if name in known else base for name in names)


def cycles(root: Path, pattern: str) -> list[list[str]]:
    """Return the import cycles of the packages in a folder."""
    paths = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in root.glob(f"{pattern}/**/*.py")
    }
    graph = {
        name: {
            other
            for other in imported_modules(path, root, set(paths))
            if other in paths and other != name and not EXEMPT.get(other, set()) & {name, "*"}
        }
        for name, path in paths.items()
    }
    sorter = graphlib.TopologicalSorter(graph)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return [error.args[1]]
    return []


@table("tree", TREES)
def test_no_module_imports_itself_through_others(tree: str) -> None:
    """No cycle, not even of imports in a function or under TYPE_CHECKING."""
    assert list((ROOT / tree).glob(TREES[tree])), f"{tree} has no such package"
    assert not cycles(ROOT / tree, TREES[tree])


@table(
    "importing",
    [
        "from . import a",
        "from .a import x",
        "import p.a",
        "from p import a",
        "def f():\n    from p.a import x",
        "if TYPE_CHECKING:\n    from .a import x",
    ],
)
def test_every_form_of_cycle_is_found(tmp_path: Path, importing: str) -> None:
    """Two modules that import each other, in any form."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p/__init__.py").touch()
    (tmp_path / "p/a.py").write_text("from .b import y")
    (tmp_path / "p/b.py").write_text(importing)
    assert cycles(tmp_path, "p")
