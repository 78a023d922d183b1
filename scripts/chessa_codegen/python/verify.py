"""Checks of the generated package before it is installed: complete and harmless to import."""

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chessa_codegen.errors import SpecError
from chessa_codegen.python.render import RUNTIME

_ALLOWED_ROOTS: Final = frozenset(
    {"attrs", "dateutil", "pydantic", "pydantic_core", "__future__", "typing_extensions"}
)
_STATIC: Final = frozenset({"__init__", "client", "errors", "index", "types", *RUNTIME})
_STATEMENTS: Final = (
    ast.AnnAssign,
    ast.Assign,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Expr,
    ast.FunctionDef,
    ast.If,
    ast.Import,
    ast.ImportFrom,
)


def check_output(folder: Path) -> None:
    """Refuse a package that does not parse, imports what it must not, or has other files."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        name = path.relative_to(folder).as_posix()
        if name in ("py.typed", "schemas.json", "spec.json"):
            continue
        if not _expected(name):
            raise _defect(f"the unexpected file {name}", folder)
        source = path.read_text(encoding="utf-8")
        if problem := _problem(source, is_runtime=name.removesuffix(".py") in _STATIC):
            raise _defect(f"{name}, which {problem}", folder)


def _expected(name: str) -> bool:
    parts = name.removesuffix(".py").split("/")
    if not name.endswith(".py") or not all(part.isidentifier() for part in parts):
        return False
    match parts:
        case [module]:
            return module in _STATIC or module == "webhooks"
        case ["models", _] | ["api", "__init__"] | ["api", _, _]:
            return True
        case _:
            return False


@functools.lru_cache(maxsize=1024)  # most modules are the same in the next package
def _problem(source: str, *, is_runtime: bool) -> str | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return f"is not Python: {error}"
    return next(_problems(tree, is_runtime=is_runtime), None)


def _problems(tree: ast.Module, *, is_runtime: bool) -> Iterator[str]:
    for node in _statements(tree):
        roots = []
        if isinstance(node, ast.Import):
            roots = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots = [(node.module or "").split(".")[0]]
        for root in roots:
            if root not in _ALLOWED_ROOTS and root not in sys.stdlib_module_names:
                yield f"imports {root}"
    for statement in () if is_runtime else tree.body:
        if not isinstance(statement, _STATEMENTS):
            yield f"runs a {type(statement).__name__} when imported"
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant):
            yield "runs an expression when imported"


def _statements(tree: ast.Module) -> list[ast.AST]:
    """Yield every statement at every depth, and the nodes between; no expression holds one."""
    found: list[ast.AST] = [tree]
    for node in found:
        found += [one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.expr)]
    return found


def _defect(what: str, folder: Path) -> SpecError:
    return SpecError(
        f"The generator made {what}.",
        folder.name,
        "Nothing was changed. This is a defect of the templates; please report the document.",
    )
