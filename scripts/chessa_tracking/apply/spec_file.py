"""The vendored document as a file: one text for one document.

The properties of a schema, lists and the data of examples keep the vendor's order.
"""

import io
import re
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from chessa_codegen.document.loader import METHODS, copied
from chessa_codegen.document.visitor import DATA, MAPS
from chessa_codegen.document.yaml import parse
from chessa_codegen.errors import SpecError

_WIDTH: Final = 80
_FOLDED: Final = 60
"""A text that is longer has lines of its own."""
_PLAIN: Final = re.compile(r"[A-Za-z/(][^\x00-\x1f\\\"'`:#&*?|<>=!%@\x7f-\U0010ffff]*(?<! )")
# Plain scalars that YAML 1.1 does not read as text, and 1.2 does.
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9./_-]+|[0-9]+\.[0-9]+\.[0-9]+")  # or a version

# The usual order of keys; others come after, by name.
_ORDER: Final = (
    *("openapi", "info", "servers", "security", "tags", "paths", "components", "$ref"),
    *("name", "in", "title", "summary", "description", "operationId", "x-source", "version"),
    *("url", "required", "deprecated", "parameters", "requestBody", *METHODS, "responses"),
    *("headers", "content", "schema", "type", "format", "nullable", "enum", "allOf", "oneOf"),
    *("anyOf", "items", "properties", "additionalProperties", "example", "examples", "value"),
)
_RANK: Final[Mapping[str, int]] = {key: place for place, key in enumerate(_ORDER)}
_AS_IT_IS: Final = frozenset({"properties", "mapping", "variables"})


def text_of(document: Mapping[str, Any]) -> str:
    """Return the text of a document; it reads as the same document again."""
    arranged = _arranged(copied(dict(document)))
    for style in (_Representer, _QuotingRepresenter):
        text = _written(arranged, style)
        try:
            if parse(text.encode(), "openapi.yaml") == arranged:
                return text
        except SpecError:
            pass
    raise SpecError(
        "The document cannot be written as YAML that reads the same.",
        "spec/openapi.yaml",
        "Please report the document.",
    )


# ---- Order --------------------------------------------------------------------------------------


def _arranged(value: Any, *, holds_names: bool = False, key: str = "") -> Any:
    """Return the document with its keys in order."""
    if isinstance(value, list):
        return [_arranged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if holds_names:
        names = list(value) if key in _AS_IT_IS else sorted(value)
        return {name: _arranged(value[name]) for name in names}
    return {
        name: held
        if name in DATA or name.startswith("x-")
        else _arranged(held, holds_names=name in MAPS, key=name)
        for name, held in sorted(value.items(), key=_place)
    }


def _place(member: tuple[str, Any]) -> tuple[int, str]:
    return _RANK.get(member[0], len(_RANK)), member[0]


# ---- Text ---------------------------------------------------------------------------------------


class _Representer(SafeRepresenter):
    """Write text plain if that is unambiguous, folded if it is long, else in single quotes."""

    width = _WIDTH

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=self.style_of(data))

    def style_of(self, data: str) -> str | None:
        if "\n" in data:
            return "|" if _is_block(data) else '"'
        if len(data) > _FOLDED and " " in data and "  " not in data and data.isprintable():
            return ">"
        if _PLAIN.fullmatch(data) or _ADDRESS.fullmatch(data):
            return "'" if data.lower() in _WORDS else None
        return "'" if data.isprintable() else '"'


class _QuotingRepresenter(_Representer):
    """Write text in double quotes, on one line."""

    width = 1 << 30

    def style_of(self, data: str) -> str | None:
        return '"'


for _each in (_Representer, _QuotingRepresenter):
    _each.add_representer(str, _each.represent_text)


def _is_block(text: str) -> bool:
    lines = text.split("\n")
    return (
        bool(lines[0].strip())
        and not text.startswith(" ")
        and all(line.isprintable() and not line.endswith(" ") for line in lines)
    )


def _written(document: Any, representer: type[_Representer]) -> str:
    writer: Any = YAML(typ="safe", pure=True)
    writer.Representer = representer
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = representer.width
    writer.sort_base_mapping_type_on_output = False
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump(document, out)
    return out.getvalue()
