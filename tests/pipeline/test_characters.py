"""Text of the spec in generated source: one rule, and nothing that runs or hides."""

import ast
import inspect
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa_codegen.characters import in_prose, is_plain, literal
from chessa_codegen.ir import naming
from chessa_codegen.python.source import docstring
from tests.pipeline.made import Document, answers, document, make, operation

HOSTILE = (
    '"""', "'''", '"', "'", "\\", "\\\\", '\\"', "\\N{BELL}", "\\x41", "\n", "\t", "{x}", "{{ x }}",
    "{% raw %}", "{# x #}", "${x}", "%s", '"]=1;x["', "\u2028", "\u202e", "\u200b", "\ufeff",
    '"""\nimport os; os.abort()\n"""', "#", "é", "日本", "😀", "\U0002ebf0", "None",
    "__import__('os').abort()", "a\\", "ﬁ", "𝐱",
)  # fmt: skip

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(ANY_TEXT)
def test_a_literal_is_the_text(text: str) -> None:
    """Source of a text is that text, on one line, and shows all that it holds."""
    source = literal(text)
    assert ast.literal_eval(source) == text
    assert is_plain(source)


@given(ANY_TEXT, st.integers(0, 12))
def test_a_docstring_is_one_string_and_no_more(text: str, indent: int) -> None:
    """Prose cannot end its docstring, whatever stands in it, and stays within its margin."""
    source = docstring(text, indent)
    module = ast.parse("if True:\n" + source if indent else source)
    statement = module.body[0].body[0] if isinstance(module.body[0], ast.If) else module.body[0]
    assert len(module.body) == 1
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    assert all(is_plain(line) for line in source.split("\n"))


@given(ANY_TEXT)
def test_prose_keeps_its_words(text: str) -> None:
    """Letters stay what they are; only backslashes, odd spaces and the hidden are changed."""
    shown = in_prose(text)
    assert [c for c in shown if c.isalpha() and ord(c) > 127] == [
        c for c in text if c.isalpha() and ord(c) > 127 and is_plain(c)
    ]


@given(ANY_TEXT)
def test_names_are_plain_identifiers(text: str) -> None:
    """Whatever the spec calls a thing, Python's name for it is ASCII, and no keyword."""
    for make_name in (naming.snake, naming.pascal, lambda t: naming.method(t, "things")):
        name = make_name(text)
        assert name.isidentifier()
        assert name.isascii()


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_hostile_text_runs_nowhere(version: str, tmp_path: Path) -> None:
    """In every place that takes text, whatever it is: the package imports, and keeps the text."""
    spec: Document = {"type": "object", "properties": {}}
    for index, text in enumerate(HOSTILE):
        schema = {"type": "string", "description": text, "default": text, "pattern": "x"}
        spec["properties"][f"p{index}"] = schema
        spec["properties"][f"e{index}"] = {
            "type": "string", "title": f"T{index} {text}", "enum": [text, "x"], "example": text,
        }  # fmt: skip
        if version == "3.1.0":
            spec["properties"][f"c{index}"] = {"const": text}
    spec["description"] = "\n".join(HOSTILE)
    paths: Document = {
        f"/t{index}": {
            "get": operation(
                f"read{index}",
                summary=text,
                description=text,
                responses={
                    **answers({"$ref": "#/components/schemas/All"}),
                    "404": {"description": text},
                },
            )
        }
        for index, text in enumerate(HOSTILE)
    }
    tags = [{"name": "things", "description": "\n".join(HOSTILE)}]
    whole = document(paths, {"All": spec}, version=version, tags=tags)
    whole["info"]["title"] = " ".join(text for text in HOSTILE if "\n" not in text)
    package = make(tmp_path, whole)
    data = dict(zip(spec["properties"], HOSTILE * 3, strict=False))
    got = package.call("things.read0", answer=json.dumps(data))
    assert got.to_dict() == data
    for path in package.folder.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
        assert all(is_plain(line) for line in path.read_text(encoding="utf-8").split("\n"))
    for module in list(sys.modules):
        if module.startswith(package.name):
            assert inspect.getdoc(sys.modules[module])
