"""The vendor's documentation, rendered from a document as the vendor renders it.

The result is a folder with an index and a page for each operation: prose, then a fence of
four backticks headed `yaml METHOD /path`, with the header of the API.
"""

import copy
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from chessa_codegen.document.loader import METHODS

SITE: Final = "https://docs.chessa.ai"
Document = dict[str, Any]

_PAGE: Final = """\
> ## Documentation Index
> Fetch the complete documentation index at: {site}/llms.txt
> Use this file to discover all available pages before exploring further.

# {title}

> {title}.



## OpenAPI

````yaml {method} {path}
{text}
````
"""


def page_name(method: str, path: str) -> str:
    """The address of an operation's page, below the site."""
    words = [word for word in path.replace("{", "").replace("}", "").split("/") if word]
    return f"api-reference/{method.lower()}-{'-'.join(words)}.md"


def operations(document: Document) -> Iterator[tuple[str, str]]:
    """Every method and path."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path


def slice_of(document: Document, method: str, path: str) -> Document:
    """The document as the page of one operation shows it."""
    item = document["paths"][path]
    shown = {key: value for key, value in document.items() if key not in ("paths", "components")}
    alone = {key: value for key, value in item.items() if key not in METHODS or key == method}
    shown["paths"] = {path: copy.deepcopy(alone)}
    shown["paths"][path][method].pop("x-source", None)
    components: Document = {}
    _reachable(document, shown, components)
    if "securitySchemes" in document.get("components", {}):
        components["securitySchemes"] = document["components"]["securitySchemes"]
    return {**shown, "components": components} if components else shown


def _reachable(document: Document, node: Any, found: Document) -> None:
    """The components that something refers to."""
    if isinstance(node, Mapping):
        parts = str(node.get("$ref", "")).split("/")
        if len(parts) == 4 and parts[3] not in found.get(parts[2], {}):
            target = document["components"][parts[2]][parts[3]]
            found.setdefault(parts[2], {})[parts[3]] = target
            _reachable(document, target, found)
    for value in node.values() if isinstance(node, Mapping) else node:
        if isinstance(value, dict | list):
            _reachable(document, value, found)


def page(document: Document, method: str, path: str) -> str:
    """The page of one operation."""
    text = yaml(slice_of(document, method, path))
    title = document["paths"][path][method].get("summary", path)
    return _PAGE.format(site=SITE, title=title, method=method.upper(), path=path, text=text)


def yaml(document: Document) -> str:
    """A document as YAML."""
    writer: Any = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    writer.representer.ignore_aliases = lambda _: True
    out = io.StringIO()
    writer.dump(document, out)
    return out.getvalue()


def render(document: Document, folder: Path) -> Path:
    """Write the index and all pages; the folder."""
    names = []
    for method, path in operations(document):
        name = page_name(method, path)
        names.append(name)
        write(folder / name, page(document, method, path))
    write(folder / "welcome.md", "# Welcome\n\nNothing of the API is here.\n")
    index([*names, "welcome.md"], folder)
    return folder


def index(names: list[str], folder: Path) -> None:
    """Write the index of these pages."""
    links = "".join(f"- [{name}]({SITE}/{name}): A page.\n" for name in names)
    write(folder / "llms.txt", f"# Chessa\n\n## Docs\n\n{links}")


def write(path: Path, text: str) -> None:
    """Write a file, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def operations_of(folder: Path) -> Iterator[tuple[str, str]]:
    """The operations that a rendered folder shows, in the order of its index."""
    for found in re.findall(r"\((\S+)\)", (folder / "llms.txt").read_text(encoding="utf-8")):
        text = (folder / found.removeprefix(f"{SITE}/")).read_text(encoding="utf-8")
        if heading := re.search(r"````yaml (\S+) (\S+)", text):
            yield heading[1].lower(), heading[2]
