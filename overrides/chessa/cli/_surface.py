"""The names of a version that callers use, read from its source without running it."""

import ast
import importlib.metadata
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import attrs

_RESOURCE: Final = re.compile(r"chessa_api/api/(\w+)/__init__\.py")
_MODEL: Final = re.compile(r"chessa_api/models/\w+\.py")
_LISTS: Final = {
    "chessa/__init__.py": "chessa",
    "chessa/flows/__init__.py": "chessa.flows",
    "chessa/journal/__init__.py": "chessa.journal",
    "chessa/testing/__init__.py": "chessa.testing",
}
_LARGEST: Final = 1024 * 1024


class UnreadableError(Exception):
    """A version that cannot be found or read."""


@attrs.frozen
class Argument:
    """An argument of a method."""

    hint: str
    is_required: bool
    position: int | None
    """From 0 on; None if it is given by name only."""


@attrs.frozen
class Method:
    """A method of a resource."""

    arguments: Mapping[str, Argument]
    returns: str


@attrs.frozen
class Surface:
    """The names of a version."""

    methods: Mapping[str, Method]
    """By `orders.retrieve`."""
    attributes: Mapping[str, Mapping[str, str]]
    """By class, the hints of its attributes."""
    names: Mapping[str, frozenset[str]]
    """By module, the names to import from it."""
    changelog: tuple[str, ...]
    """The sentences of the changelog, the newest version first."""


def find(where: str) -> Mapping[str, str]:
    """Return the modules of a version, and its changelog, by name.

    Args:
        where: A wheel, a folder with the unpacked packages, or the number of an installed version.

    Raises `UnreadableError`.
    """
    path = Path(where)
    if path.is_dir():
        return dict(_in_folder(path))
    if path.is_file():
        try:
            return dict(_in_wheel(path))
        except (OSError, zipfile.BadZipFile, UnicodeDecodeError):
            raise UnreadableError(f"{where} is not a wheel that can be read") from None
    for found in importlib.metadata.distributions(name="chessa"):
        if found.version == where:
            return dict(_in_folder(Path(str(found.locate_file("")))))
    raise UnreadableError(
        f"{where}: there is no such file or folder, and no installed version of that number. "
        f"pip download --no-deps chessa=={where} brings its wheel"
    )


def _wanted(name: str) -> bool:
    is_generated = _RESOURCE.fullmatch(name) or _MODEL.fullmatch(name)
    return bool(is_generated) or name in _LISTS or PurePosixPath(name).name == "CHANGELOG.md"


def _in_wheel(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        for each in archive.infolist():
            if _wanted(each.filename) and each.file_size <= _LARGEST:
                yield each.filename, archive.read(each).decode("utf-8")


def _in_folder(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the modules in an unpacked wheel, in site-packages, or in a clone of the project."""
    places = [folder, folder / "generated", folder / "overrides"]
    for place in places:
        for package in ("chessa", "chessa_api"):
            for path in sorted((place / package).rglob("*.py")):
                name = path.relative_to(place).as_posix()
                if _wanted(name):
                    yield name, path.read_text(encoding="utf-8")
    changelogs = [folder / "CHANGELOG.md", *folder.glob("chessa-*.dist-info/*/CHANGELOG.md")]
    notes = sorted(folder.glob("changelog.d/+*.md"))
    for path in [*changelogs, *notes]:
        if path.is_file():
            name = f"{path.stem}/CHANGELOG.md" if path in notes else path.name
            yield name, path.read_text(encoding="utf-8")


def read(modules: Mapping[str, str]) -> Surface:
    """Return the surface of modules. Raises `UnreadableError`."""
    methods: dict[str, Method] = {}
    attributes: dict[str, dict[str, str]] = {}
    names: dict[str, frozenset[str]] = {}
    sentences: list[str] = []
    for name, text in modules.items():
        if name.endswith(".md"):
            sentences += sentences_of(text)
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            raise UnreadableError(f"{name} is not Python that can be read") from None
        if match := _RESOURCE.fullmatch(name):
            methods |= {f"{match[1]}.{key}": value for key, value in _methods(tree)}
        elif module := _LISTS.get(name):
            names[module] = frozenset(_listed(tree))
        else:
            attributes |= dict(_classes(tree))
    if not methods:
        raise UnreadableError("there is no chessa_api in it")
    return Surface(methods, attributes, names, tuple(sentences))


def _methods(tree: ast.Module) -> Iterator[tuple[str, Method]]:
    """Yield the methods of the first class, the sync one."""
    first = next((node for node in tree.body if isinstance(node, ast.ClassDef)), None)
    for node in first.body if first is not None else ():
        if isinstance(node, ast.FunctionDef) and not node.name.startswith(("_", "with_")):
            yield node.name.rstrip("_"), Method(dict(_arguments(node.args)), _hint(node.returns))


def _arguments(given: ast.arguments) -> Iterator[tuple[str, Argument]]:
    positional = [*given.posonlyargs, *given.args][1:]
    least = len(positional) - len(given.defaults)
    for position, each in enumerate(positional):
        yield each.arg, Argument(_hint(each.annotation), position < least, position)
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield each.arg, Argument(_hint(each.annotation), default is None, None)


def _classes(tree: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name, dict(_attributes(node))


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id, _hint(each.annotation)
        elif isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            yield each.targets[0].id, ast.unparse(each.value)


def _listed(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from (str(each) for each in ast.literal_eval(node.value))


def _hint(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def sentences_of(text: str) -> Iterator[str]:
    """Yield the items and paragraphs of a changelog, each on one line."""
    for block in re.split(r"\n\s*\n|\n(?=- )", text):
        line = " ".join(block.split()).removeprefix("- ")
        if line and not line.startswith(("#", "<!--")):
            yield line


# ---- Differences --------------------------------------------------------------------------------


@attrs.frozen
class Change:
    """Something that an old version has, and a new one has not, or not so."""

    kind: str
    """`name`, `method`, `argument`, `needed` or `attribute`."""
    owner: str
    """The module, method or class."""
    name: str
    """The name, argument or attribute; "" for a method itself."""
    text: str
    position: int | None = None

    @property
    def subject(self) -> str:
        """Return what changed, as code: `orders.retrieve`, `Order.refund`."""
        is_inner = self.kind in ("name", "attribute") and self.name
        return f"{self.owner}.{self.name}" if is_inner else self.owner


def compare(old: Surface, new: Surface) -> Iterator[Change]:
    """Yield what callers of the old version may use, and the new one removed or changed."""
    for module, names in old.names.items():
        for name in sorted(names - new.names.get(module, frozenset())):
            yield Change("name", module, name, f"{module}.{name} was removed")
    for name, method in old.methods.items():
        if name not in new.methods:
            yield Change("method", name, "", f"{name} was removed")
        else:
            yield from _compare_methods(name, method, new.methods[name])
    for name, attributes in old.attributes.items():
        if name not in new.attributes:
            yield Change("name", "chessa.models", name, f"models.{name} was removed")
            continue
        for attribute, hint in attributes.items():
            found = new.attributes[name].get(attribute)
            place = f"{name}.{attribute}"
            if found is None:
                yield Change("attribute", name, attribute, f"{place} was removed")
            elif found != hint:
                text = f"{place} is {found}, and was {hint}"
                yield Change("attribute", name, attribute, text)


def _compare_methods(name: str, old: Method, new: Method) -> Iterator[Change]:
    if old.returns != new.returns:
        text = f"{name} returns {new.returns}, and returned {old.returns}"
        yield Change("method", name, "", text)
    for argument, before in old.arguments.items():
        after = new.arguments.get(argument)
        place = f"the argument {argument} of {name}"
        if after is None:
            text = f"{place} was removed"
        elif before.position != after.position:
            text = f"{place} has another position"
        elif before.hint != after.hint:
            text = f"{place} is {after.hint}, and was {before.hint}"
        else:
            continue
        yield Change("argument", name, argument, text, before.position)
    for argument, after in new.arguments.items():
        before_or_none = old.arguments.get(argument)
        if after.is_required and (before_or_none is None or not before_or_none.is_required):
            text = f"{name} needs the argument {argument}"
            yield Change("needed", name, argument, text, after.position)
