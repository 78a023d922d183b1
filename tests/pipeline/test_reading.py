"""Reading documents that are not trusted.

Tables first: the bytes of a file, and the tree it gives or the line and text of its refusal.
"""

import copy
import errno
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.document import loader, yaml, yaml_events
from chessa_codegen.document.loader import SpecError
from tests.marks import table


def read(folder: Path, content: str | bytes) -> dict[str, Any]:
    """Write a file and read it as a document."""
    path = folder / "spec.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return loader.read(path)


# Text of a file, and its tree. Values are compared with their types: 1 is not true, nor 1.0.
TREES: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "block": (
        "a:\n  b: [1, x]\n  c:\n  - d: {e: f}\n",
        {"a": {"b": [1, "x"], "c": [{"d": {"e": "f"}}]}},
    ),
    "JSON": (
        '{"a": [1, 2.5, null, true, "x", {}, []],\n\t"b": "\\/\\n"}',
        {"a": [1, 2.5, None, True, "x", {}, []], "b": "/\n"},
    ),
    "order of keys": ("z: 1\na: 2\nm: 3\n", {"z": 1, "a": 2, "m": 3}),
    "null": (
        "a: null\nb: ~\nc:\nd: Null\ne: ''\n",
        {"a": None, "b": None, "c": None, "d": None, "e": ""},
    ),
    "booleans": ("a: true\nb: False\nc: TRUE\n", {"a": True, "b": False, "c": True}),
    "scalars that YAML 1.1 took for booleans": (
        "a: yes\nb: no\non: off\ny: n\n",
        {"a": "yes", "b": "no", "on": "off", "y": "n"},
    ),
    "integers": (
        "a: 1\nb: -2\nc: +3\nd: 0x1F\ne: 0o17\nf: 012\n",
        {"a": 1, "b": -2, "c": 3, "d": 31, "e": 15, "f": 12},
    ),
    "big integers": (f"a: {10**40}\n", {"a": 10**40}),
    "floats": (
        "a: 1.5\nb: -.5\nc: 1e3\nd: 2.\ne: 1E-2\n",
        {"a": 1.5, "b": -0.5, "c": 1000.0, "d": 2.0, "e": 0.01},
    ),
    "quoted numbers": ("a: '058'\nb: \"1\"\n'200': ok\n", {"a": "058", "b": "1", "200": "ok"}),
    "no numbers to YAML 1.2": (
        "a: 1_000\nb: 0b11\nc: 12:30:45\nd: 1.0.0\ne: '1'\n",
        {"a": "1_000", "b": "0b11", "c": "12:30:45", "d": "1.0.0", "e": "1"},
    ),
    "dates": (
        "a: 2024-01-02\nb: 2024-01-02T03:04:05Z\nc: 2024-01-02 03:04:05.6\n2024-01-02: d\n",
        {
            "a": "2024-01-02",
            "b": "2024-01-02T03:04:05Z",
            "c": "2024-01-02 03:04:05.6",
            "2024-01-02": "d",
        },
    ),
    "core tags": (
        "a: !!str 12\nb: !!int '3'\nc: !!float 4\nd: ! 5\n"
        "e: !!map {f: !!seq [!!bool 'true', !!null '']}\n",
        {"a": "12", "b": 3, "c": 4.0, "d": "5", "e": {"f": [True, None]}},
    ),
    "a tagged key": ("!!str 200: a\n", {"200": "a"}),
    "block scalars": ("a: |\n  x\n   y\nb: >-\n  x\n  y\n", {"a": "x\n y\n", "b": "x y"}),
    "quoted marks": (
        "a: '*b'\nb: '&c'\nc: '!d'\n'<<': e\n",
        {"a": "*b", "b": "&c", "c": "!d", "<<": "e"},
    ),
    "surrogate pair": ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    "letters of the world": ("a: é ß 日本 😀\n", {"a": "é ß 日本 😀"}),
    "line separator by escape": ('a: "x\\u2028y"\n', {"a": "x\u2028y"}),
    "byte order mark": (b"\xef\xbb\xbfa: 1\n", {"a": 1}),
    "Windows lines": ("a: 1\r\nb: |\r\n  x\r\n", {"a": 1, "b": "x\n"}),
    "directive and markers": ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
    "empty key": ('"": 1\n', {"": 1}),
    "keys are text": (
        "200: a\n1.0: b\ntrue: c\nnull: d\n",
        dict(zip(["200", "1.0", "true", "null"], "abcd", strict=True)),
    ),
    "empty mapping": ("{}", {}),
    "100 levels": ('{"a":' * 99 + "{}" + "}" * 99, json.loads('{"a":' * 99 + "{}" + "}" * 99)),
}


@table("name", TREES)
def test_tree(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document gives the tree that YAML 1.2 and JSON say, key order and types included.

    It is the same without the fast parser.
    """
    content, expected = TREES[name]
    assert repr(read(tmp_path, content)) == repr(expected)
    monkeypatch.setattr(yaml_events, "libyaml", None)
    assert repr(read(tmp_path, content)) == repr(expected)


JSON: tuple[str, ...] = (
    '{"a": [0, -0, -1, 1.5, -0.0, 1E3, 1e-2, 1e+2, 12345678901234567890, 1e308, true, null]}',
    '{"a": "\\u00e9\\/\\t\\n\\"\\\\", "\\ud83d\\ude00": "é 😀 \\u2028 \\ufeff"}',
    '{"<<": "~", "": "null"}',
    '{"a": "x\\r\\ny", "b": "# \\u00a0 : -", "c": {"c": {"c": [[], {}, [{}]]}}}',
    '\n {"a":1,\t"b"  :[ "x" ,\n"y"]  }\r\n',
    f'{{"a": {"9" * 1000}}}',
)


@table("text", JSON)
def test_json_reads_as_yaml(text: str, tmp_path: Path) -> None:
    """JSON, which has a short way of its own, gives the tree that YAML's way gives."""
    assert repr(read(tmp_path, text)) == repr(read(tmp_path, f"{text} # no JSON"))


# Text of a file, the line that is named (0: none), and text of the refusal.
LAUGHS = "a0: &a0 [l, l]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
MERGES = "a0: &a0 {l: l}\n" + "".join(
    f"a{n}: &a{n} {{<<: *a{n - 1}, b{n}: *a{n - 1}}}\n" for n in range(1, 40)
)
NESTED = f"a0: &a0 {'[' * 16}{']' * 16}\n" + "".join(
    f"a{n}: &a{n} {'[' * 14}*a{n - 1}{']' * 14}\n" for n in range(1, 20)
)

REFUSALS: dict[str, tuple[str | bytes, int, tuple[str, ...]]] = {
    "empty": ("", 0, ("file is empty",)),
    "only comments": ("# nothing\n\n", 0, ("file is empty",)),
    "null at the top": ("---\n", 1, ("not a mapping at its top level",)),
    "sequence at the top": ("- a\n", 1, ("not a mapping at its top level",)),
    "text at the top": ("just words\n", 1, ("not a mapping at its top level",)),
    "two documents": ("a: 1\n---\nb: 2\n", 2, ("more than one YAML document",)),
    "YAML 1.1": ("%YAML 1.1\n---\na: yes\n", 2, ("another version than 1.2",)),
    "duplicate key": ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", 5, ("'c' is there twice", "line 3")),
    "duplicate key in JSON": ('{"a": 1,\n "a": 2}', 2, ("'a' is there twice", "line 1")),
    "duplicate under two spellings": ("a: 1\n'a': 2\n", 2, ("'a' is there twice",)),
    "one key quoted and plain": ("200: a\n'200': b\n", 2, ("'200' is there twice",)),
    "empty plain key": ("a:\n  : b\n", 2, ("A key is missing",)),
    "sequence key": ("? [a]\n: b\n", 1, ("mapping or sequence is used as a key",)),
    "mapping key": ("{{a: b}: c}", 1, ("mapping or sequence is used as a key",)),
    "merge key that holds text": ("a:\n  <<: b\n  c: 1\n", 4, ("merge key '<<'",)),
    "merge key that holds a list of texts": ("a: {<<: [b]}\n", 1, ("merge key '<<'",)),
    "merge key twice": ("a:\n  <<: {b: 1}\n  <<: {c: 1}\n", 3, ("'<<' is there twice",)),
    "alias without anchor": ("a: 1\nb: *x\n", 2, ("alias 'x' has no anchor", "$ref")),
    "alias before its anchor": ("a: *x\nb: &x 1\n", 1, ("alias 'x' has no anchor",)),
    "alias as a key": ("a: &x b\n*x : 1\n", 2, ("used as a key",)),
    "alias of itself": ("a: &x\n  b: [*x]\n", 2, ("alias 'x' is a part of what it stands for",)),
    "merge of itself": ("a: &x\n  <<: *x\n", 2, ("alias 'x' is a part of what it stands for",)),
    "billion laughs": (LAUGHS, 10, ("aliases up to 'a8'", "more than 5,000")),
    "billion merges": (MERGES, 10, ("aliases up to 'a8'", "more than 5,000")),
    "aliases that nest too deep": (NESTED, 7, ("more than 100 levels",)),
    "tag of Python": ("a: !!python/object/apply:os.system [id]\n", 1, ("python/object/apply",)),
    "tag of ours": ("a:\n- !x {}\n", 2, ("tag '!x'",)),
    "timestamp tag": ("a: !!timestamp 2024-01-02\n", 1, ("timestamp",)),
    "binary tag": ("a: !!binary aGk=\n", 1, ("binary",)),
    "set tag": ("a: !!set {b}\n", 1, ("set",)),
    "verbatim tag": ("a: !<tag:example.com,2000:x> b\n", 1, ("tag:example.com,2000:x",)),
    "tag by directive": ("%TAG ! tag:example.com,2000:\n---\na: !x b\n", 3, ("example.com",)),
    "tag that does not fit": ("a: !!int many\n", 1, ("does not fit its value",)),
    "scalar tag on a mapping": ("a: !!str {}\n", 1, ("does not fit its value",)),
    "mapping tag on a scalar": ("a: !!map b\n", 1, ("does not fit its value",)),
    "YAML's NaN": ("a: .nan\n", 1, (".nan is not finite",)),
    "YAML's infinity": ("a:\n- -.Inf\n", 2, ("-.Inf is not finite",)),
    "JSON's NaN": ('{"a": NaN}', 1, ("NaN is not finite",)),
    "JSON's infinity": ('{"a": -Infinity}', 1, ("-Infinity is not finite",)),
    "a number beyond floats": ("a: 1e999\n", 1, ("1e999 is not finite",)),
    "an endless integer": (f"a: {'9' * 5000}\n", 1, ("more than 1000 digits",)),
    "an endless hexadecimal": (f"a: 0x{'f' * 5000}\n", 1, ("more than 1000 digits",)),
    "NUL": (b"a: 1\nb: x\x00y\n", 2, ("U+0000 is not allowed",)),
    "bell": (b"a: x\x07\n", 1, ("U+0007 is not allowed",)),
    "escape character in a comment": (b"a: 1 # \x1b[31m\n", 1, ("U+001B is not allowed",)),
    "DEL": (b"a: x\x7f\n", 1, ("U+007F is not allowed",)),
    "next line": (b"a: x\xc2\x85y\n", 1, ("U+0085 is not allowed",)),
    "line separator": ("a: x\u2028y\n", 1, ("U+2028 is not allowed",)),
    "noncharacter": ("a: x\uffff\n", 1, ("U+FFFF is not allowed",)),
    "NUL by escape": ('a: 1\nb: "x\\0"\n', 2, ("U+0000 is not allowed",)),
    "NUL by JSON escape": ('{"a": "\\u0000"}', 1, ("U+0000 is not allowed",)),
    "control character in a key": ('"a\\x1b": 1\n', 1, ("U+001B is not allowed",)),
    "half a surrogate pair": ('{"a": "\\ud83d"}', 1, ("half of a surrogate pair",)),
    "no code point": ('a: "\\UFFFFFFFF"\n', 0, ("neither YAML 1.2 nor JSON",)),
    "not UTF-8": (b"a: 1\nb: \xff\n", 2, ("0xff", "not UTF-8")),
    "UTF-16": ("a: 1\n".encode("utf-16"), 1, ("not UTF-8",)),
    "encoded surrogate": (b"a: \xed\xa0\x80\n", 1, ("not UTF-8",)),
    "unclosed": ("a: [1, 2\n", 2, ("neither YAML 1.2 nor JSON",)),
    "bad indentation": ("a: 1\n   b: 2\n", 2, ("neither YAML 1.2 nor JSON",)),
    "tab": ("a:\n\tb: 1\n", 2, ("cannot start any token",)),
    "unknown escape": ('a: "\\q"\n', 1, ("unknown escape",)),
    "101 levels": ('{"a":' * 101 + "1" + "}" * 101, 1, ("more than 100 levels",)),
    "deep flow": ("a: " + "[" * 20_000, 1, ("more than 100 levels",)),
    "deep block": ("- " * 100_000, 1, ("more than 100 levels",)),
    "deep lines": ("".join(f"{' ' * n}a:\n" for n in range(120)), 101, ("more than 100 levels",)),
}


@table("name", REFUSALS)
def test_refusal(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything but a plain, finite tree is refused with its line, the reason, and a way out.

    The message is the same without the fast parser. The cap of what aliases mean is lowered.
    """
    assert yaml._MOST_ALIASED == 500_000
    monkeypatch.setattr(yaml, "_MOST_ALIASED", 5_000)
    content, line, words = REFUSALS[name]
    with pytest.raises(SpecError) as caught:
        read(tmp_path, content)
    place = f"{tmp_path / 'spec.yaml'}{f':{line}' if line else ''}"
    assert caught.value.where == place
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.fix
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    monkeypatch.setattr(yaml_events, "libyaml", None)
    with pytest.raises(SpecError) as exact:
        read(tmp_path, content)
    assert str(exact.value) == str(caught.value)


def test_size_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file at the cap is read; one byte more is refused before it is parsed."""
    assert loader.MAX_BYTES == 8 * 2**20
    monkeypatch.setattr(loader, "MAX_BYTES", 2**20)
    filler = b"a: 1\n#" + b"x" * (loader.MAX_BYTES - 6)
    assert read(tmp_path, filler) == {"a": 1}
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        read(tmp_path, filler + b"x")


def test_missing_file(tmp_path: Path) -> None:
    """A path with nothing at it is refused by name."""
    with pytest.raises(SpecError, match="No such file") as caught:
        loader.read(tmp_path / "none.yaml")
    assert caught.value.where == str(tmp_path / "none.yaml")


def test_directory(tmp_path: Path) -> None:
    """A directory is not a document."""
    with pytest.raises(SpecError, match="directory"):
        loader.read(tmp_path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is refused."""

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = tmp_path / "spec.yaml"
    path.write_text("a: 1\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SpecError, match="Permission denied"):
        loader.read(path)


def test_path_with_nul() -> None:
    """A path that no system accepts is refused like any other."""
    with pytest.raises(SpecError, match="cannot be read"):
        loader.read("spec\0.yaml")


def test_error_survives_pickle_and_copy() -> None:
    """The error keeps its parts and its text through pickle and copy."""
    error = SpecError("What.", "spec.yaml:3", "Mend.")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is SpecError
        assert (again.what, again.where, again.fix) == ("What.", "spec.yaml:3", "Mend.")
        assert str(again) == "What.\n  where: spec.yaml:3\n  fix: Mend."


@table(
    ("text", "expected"),
    [
        ("a: &x 1\nb: *x\n", {"a": 1, "b": 1}),
        ("a: &x\n  b: [1]\nc: {d: *x}\n", {"a": {"b": [1]}, "c": {"d": {"b": [1]}}}),
        ("&k a: 1\nb: *k\n", {"a": 1, "b": "a"}),
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
        (
            "a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x\n",
            {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}},
        ),
        ("a: {<<: [{b: 1}, {b: 2, c: 3}]}\n", {"a": {"b": 1, "c": 3}}),
        ("a: {'<<': 1}\n", {"a": {"<<": 1}}),
    ],
)
def test_aliases_and_merge_keys_are_written_out(text: str, expected: Any) -> None:
    """No two places share a value, and the keys of a mapping come before those that are merged."""
    found = yaml.parse(text.encode(), "spec.yaml")
    assert found == expected
    holders = [value for value in found.values() if isinstance(value, dict)]
    assert len({id(value) for value in holders}) == len(holders)
