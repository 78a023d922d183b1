"""Generated source and pages, read by other eyes than the pipeline's.

In: a generated package, the names of its plan, and a package of a sound document. Out: a line for
everything in the source that neither the templates nor the plan's names account for.
"""

import ast
import io
import keyword
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
from markdown_it import MarkdownIt

from chessa_codegen.ir.plan import Plan
from chessa_codegen.python import source as text

_PARSER: Final = MarkdownIt("commonmark").enable("table")
_STRANGE: Final = frozenset({"html_inline", "image", "hr", "blockquote_open", "code_block"})
_MINE: Final = ("#", "README.md", "models.md", "../errors.md", "../testing.md")


@attrs.frozen
class Sound:
    """What the templates write by themselves."""

    files: dict[str, bytes]
    """Those that are the same for every document."""
    words: frozenset[str]
    comments: frozenset[str]


def sound(folder: Path, plan: Plan) -> Sound:
    """What a package has in common with every other one."""
    words: set[str] = set()
    comments: set[str] = set()
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        source = path.read_text(encoding="utf-8")
        words |= {*_words(ast.parse(source))}
        comments |= {*_comments(source)}
        if _is_static(name):
            files[name] = path.read_bytes()
    return Sound(files, frozenset(words), frozenset(comments))


def _is_static(name: str) -> bool:
    return name.count("/") == 0 and name not in ("__init__.py", "client.py")


def strange(folder: Path, plan: Plan, base: Sound) -> Iterator[str]:
    """What the vendor's document wrote into the source, beside data and names."""
    known = base.words | _names(plan, folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield f"{name} is a link"
        if path.suffix != ".py":
            continue
        if _is_static(name):
            if path.read_bytes() != base.files.get(name):
                yield f"{name} is not as ever"
            continue
        source = path.read_text(encoding="utf-8")
        try:
            tree = ast.parse(source)
            compile(source, name, "exec")
        except (SyntaxError, ValueError) as error:
            yield f"{name} is not Python: {error}"
            continue
        yield from (f"{name} says {word!r}" for word in _words(tree) if word not in known)
        yield from (f"{name}: {one}" for one in _comments(source) if one not in base.comments)
        yield from (f"{name} runs {ast.unparse(one)[:80]}" for one in _loose(tree))
    for name in base.files:
        if not (folder / name).is_file():
            yield f"{name} is missing"


def _words(tree: ast.AST) -> Iterator[str]:
    """Every identifier of a tree, wherever it stands in it; and every word of quoted hints."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word):
                yield word
            case ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word):
                yield word
            case ast.ClassDef(name=word) | ast.keyword(arg=str(word)):
                yield word
            case ast.ExceptHandler(name=str(word)):
                yield word
            case ast.Import(names=names):
                yield from (word for alias in names for word in alias.name.split("."))
            case ast.ImportFrom(module=module, names=names):
                yield from (module or "").split(".") if module else ()
                yield from (word for alias in names for word in (alias.name, alias.asname) if word)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from names
            case ast.JoinedStr():
                yield f"f-string {ast.unparse(node)}"
            case ast.Lambda(args=ast.arguments(args=[]), body=ast.Attribute()):
                pass  # a model that is named before it is there
            case ast.Lambda():
                yield f"lambda {ast.unparse(node)}"
            case _:
                pass


def _comments(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _loose(tree: ast.Module) -> Iterator[ast.stmt]:
    """Expressions that stand as statements, and are no docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Constant, ast.Call)):
            yield node


def _names(plan: Plan, folder: Path) -> set[str]:
    """The names that the plan gave: identifiers of ASCII, and no keywords."""
    names = {model.name for model in plan.models} | {enum.name for enum in plan.enums}
    names |= {field.name for model in plan.models for field in model.fields}
    names |= {name for enum in plan.enums for name, _ in text.constants(enum)}
    for resource in plan.resources:
        for form in (resource.class_name, f"Async{resource.class_name}"):
            names |= {form, f"{form}WithRawResponse"}
        names.add(resource.name)
        for operation in resource.operations:
            names |= {operation.method_name, operation.method_name.upper()}
            names |= {argument.name for argument in operation.arguments}
    names |= {path.stem for path in folder.rglob("*.py")} | {
        path.name for path in folder.rglob("*") if path.is_dir()
    }
    return {
        name
        for name in names
        if name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    }


def strange_pages(folder: Path, plan: Plan | None = None) -> Iterator[str]:
    """What pages of the reference hold that no page has by itself, links to sources apart."""
    resources = plan.resources if plan else ()
    sources = {one.source for resource in resources for one in resource.operations if one.source}
    for path in sorted(folder.iterdir()):
        tokens = _PARSER.parse(path.read_text(encoding="utf-8"))
        inner = [child for token in tokens for child in token.children or ()]
        kinds = [token.type for token in (*tokens, *inner)]
        yield from (f"{path.name} holds {kind}" for kind in sorted(_STRANGE & {*kinds}))
        if kinds.count("html_block") != 1:
            yield f"{path.name} holds HTML"
        for token in tokens:
            if token.type == "fence" and token.info not in ("python", "pyi"):
                yield f"{path.name} holds a block of {token.info!r}"
            if token.type == "fence" and token.info == "python":
                yield from (f"{path.name} calls {one}" for one in _called(token.content))
        for token in inner:
            target = str(token.attrs.get("href", ""))
            is_known = target in sources or _leads_home(target, folder)
            if token.type == "link_open" and not is_known:
                yield f"{path.name} leads to {target}"


def _leads_home(target: str, folder: Path) -> bool:
    page, _, _ = target.partition("#")
    return target.startswith(_MINE) or ("/" not in page and (folder / page).is_file())


_ROOTS: Final = ("chessa", "models", "Decimal", "datetime", "print", "sandbox", "api", "result")


def _called(source: str) -> Iterator[str]:
    """What an example calls beside the client and the makers of values."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.partition(".")[0] not in _ROOTS or "__" in name:
                yield name
