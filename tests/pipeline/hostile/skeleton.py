"""The shape of a generated package and its pages: syntax trees without constants and names."""

import ast
import tokenize
from collections import Counter
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from chessa_codegen.ir.plan import Plan
from chessa_codegen.python import source
from chessa_codegen.python.render import RUNTIME

_PARSER: Final = MarkdownIt("commonmark").enable("table")
_PROSE: Final = frozenset(
    {"text", "softbreak", "hardbreak", "code_inline", "inline", "paragraph_open", "paragraph_close"}
)


def names(plan: Plan) -> set[str]:
    """Return the names that a plan gave, of classes, methods, attributes, arguments and modules."""
    found = {model.name for model in plan.models} | {enum.name for enum in plan.enums}
    found |= {field.name for model in plan.models for field in model.fields}
    found |= {webhook.name for webhook in plan.webhooks}
    found |= {name for enum in plan.enums for name, _ in source.constants(enum)}
    for resource in plan.resources:
        found |= {resource.name, resource.class_name}
        for operation in resource.operations:
            found |= {operation.method_name, source.constant_name(operation)}
            found.add(f"{resource.name}__{operation.method_name}")  # as the index imports it
            found |= {argument.name for argument in operation.arguments}
    return {name for name in found if name.isascii() and name.isidentifier()}


def modules(folder: Path) -> set[str]:
    """Return the names of the modules that are made for resources, operations and classes."""
    return {path.stem for part in ("api", "models") for path in (folder / part).rglob("[!_]*")}


def skeleton(folder: Path, known: set[str], pages: Path | None = None) -> Counter[str]:
    """Count the statements of each shape, the comments, and the tokens of the pages."""
    found: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.py")):
        if path.parent == folder and path.stem in RUNTIME:  # the same for every document
            found[path.read_text(encoding="utf-8")] += 1
            continue
        with tokenize.open(path) as file:
            tokens = [*tokenize.generate_tokens(file.readline)]
        found.update(one.string for one in tokens if one.type == tokenize.COMMENT)
        found.update(_shapes(path.read_text(encoding="utf-8"), known))
    found.update(f"a link: {path.name}" for path in folder.rglob("*") if path.is_symlink())
    for page in sorted(pages.iterdir()) if pages else ():
        blocks = _PARSER.parse(page.read_text(encoding="utf-8"))
        for token in (one for block in blocks for one in (block, *(block.children or ()))):
            if token.type == "fence" and token.info in ("python", "pyi"):
                found.update(f"{token.info} {one}" for one in _shapes(token.content, known))
            elif token.type == "link_open":
                found[f"a link to {_place(str(token.attrs['href']), pages)}"] += 1
            elif token.type not in _PROSE:
                found[f"{token.type} {token.tag} {token.info}"] += 1
    return found


def _place(target: str, pages: Path | None) -> str:
    page, _, _ = target.partition("#")
    return "a page" if not page or (pages and (pages / page).exists()) else target


def _shapes(written: str, known: set[str]) -> list[str]:
    tree = _Blank(known).visit(ast.parse(written))
    return [ast.dump(statement) for statement in tree.body]


class _Blank(ast.NodeTransformer):
    """Blank constants, drop docstrings, and write every name of a plan as `_`."""

    def __init__(self, known: set[str]) -> None:
        self._known = known

    def visit(self, node: ast.AST) -> Any:
        for field, value in ast.iter_fields(node):
            if isinstance(value, str) and not isinstance(node, ast.Constant):
                setattr(node, field, ".".join(map(self._name, value.split("."))))
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [
                one
                for one in body
                if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
            ]
            setattr(node, "body", kept)  # noqa: B010  # no base class of such nodes has it
        if isinstance(node, ast.Constant):
            node.value = 0
        self.generic_visit(node)
        if isinstance(node, ast.ImportFrom):
            node.names.sort(key=lambda alias: (alias.name, alias.asname or ""))
        return node

    def _name(self, name: str) -> str:
        plain = name.removeprefix("Async").removesuffix("WithRawResponse")
        start = "Async" * name.startswith("Async")
        return f"{start}_{name[len(start) + len(plain) :]}" if plain in self._known else name
