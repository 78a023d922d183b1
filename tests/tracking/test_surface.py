"""The Python surface of two packages, compared: what callers notice, how much it weighs."""

import json
import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from chessa_codegen.errors import SpecError
from chessa_codegen.ir import types
from chessa_codegen.regeneration import Job, regenerate
from chessa_tracking.api_diff import hints
from chessa_tracking.api_diff.package import compare_packages
from chessa_tracking.api_diff.surface import SurfaceChange
from tests.marks import every, table
from tests.pipeline.made import Document, document
from tests.tracking.surface_cases import (
    BASE,
    MAJOR,
    TABLE,
    WEBHOOKS,
    download,
)

ROOT: Final = Path(__file__).resolve().parents[2]
REAL: Final = ROOT / "generated" / "chessa_api"


def made(folder: Path, spec: Document) -> Path:
    """Make a package of a document, without importing it."""
    folder.mkdir(parents=True)
    source = folder / "spec.json"
    source.write_text(json.dumps(spec), encoding="utf-8")
    job = Job(spec=source, overlay=None, output=folder, package="things", lock=folder / "lock")
    regenerate(job)
    return folder / "things"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that every edit starts from."""
    return made(tmp_path_factory.mktemp("surface") / "base", BASE)


@pytest.mark.parametrize("title", every(4, TABLE))
def test_each_edit_is_told_to_callers(title: str, base: Path, tmp_path: Path) -> None:
    """Every edit gives exactly the expected changes."""
    edit, expected = TABLE[title]
    spec = json.loads(json.dumps(BASE))
    edit(spec)
    changes = compare_packages(base, made(tmp_path / "new", spec))
    if title == "names swapped":
        changes = [one for one in changes if "now does what" in one.text]
    assert [(one.name, one.level, one.text) for one in changes] == expected


@pytest.mark.parametrize("title", every(2, WEBHOOKS))
def test_webhooks_are_told_to_callers(title: str, tmp_path: Path) -> None:
    """One that came, went, or has another body or name on the wire."""
    before, after, expected = WEBHOOKS[title]
    packages = []
    for name, edit in (("old", before), ("new", after)):
        spec = json.loads(json.dumps({**BASE, "openapi": "3.1.0"}))
        edit(spec)
        packages.append(made(tmp_path / name, spec))
    changes = compare_packages(*packages)
    assert [(one.name, one.level, one.text) for one in changes] == expected


def test_the_same_package_is_no_change(base: Path) -> None:
    """Nothing changed in what did not change: a small package, and the real one."""
    assert compare_packages(base, base) == []
    assert compare_packages(REAL, REAL) == []


def test_downloads_are_compared(tmp_path: Path) -> None:
    """The type of a body that is not JSON, and the method that saves it, are of the surface."""
    csv, both, renamed = (
        made(tmp_path / name, document({"/slip": {"get": download(method, *types)}}, {}))
        for name, method, types in (
            ("csv", "slip", ["text/csv"]),
            ("both", "slip", ["text/csv", "application/pdf"]),
            ("renamed", "receipt", ["text/csv"]),
        )
    )
    assert [(one.level, one.text) for one in compare_packages(csv, both)] == [
        (MAJOR, "`users.slip` returns `bytes | str`, was `str`")
    ]
    assert [(one.level, one.text) for one in compare_packages(csv, renamed)] == [
        (MAJOR, "`users.slip` is now called `users.receipt`"),
        (MAJOR, "`users.slip_to_file` is now called `users.receipt_to_file`"),
    ]


def test_each_codec_of_a_response_has_a_hint() -> None:
    """The codec of each kind of response, as the pipeline writes it, is read as its type."""
    body = types.Tuple((types.STRING, types.Array(types.NUMBER)))
    for shape in (types.TEXT, types.BYTES, body, types.Nullable(body), types.DATE_TIME, types.JSON):
        assert hints.of_codec(hints.parsed(types.codec(shape))) == types.hint(shape)


MUTATIONS: Final = {
    "only async lost an argument": (
        "api/orders/__init__.py",
        r"(async def retrieve\(\s*self, order_id: str), \*, view: str \| Unset = UNSET",
        r"\1",
        "(only in `AsyncChessa`, `AsyncChessa.with_raw_response`)",
    ),
    "only async is not awaited": (
        "api/orders/__init__.py",
        r"async def retrieve",
        "def retrieve",
        "must not be awaited (only in `AsyncChessa`",
    ),
    "only raw lost a method": (
        "api/orders/__init__.py",
        r"\n +self\.create = returns_raw\(raw\.create\)",
        "",
        "`orders.create` was removed (only in `Chessa.with_raw_response`)",
    ),
    "another default": (
        "api/orders/__init__.py",
        r"view: str \| Unset = UNSET",
        "view: str | Unset = None",
        "`orders.retrieve` takes `None` for `view` by default, was `UNSET`",
    ),
    "a method of the class is missing": (
        "api/orders/__init__.py",
        r"    @property\n    def with_raw_response\(self\) -> OrdersWithRawResponse:\n.*\n.*\n",
        "",
        "`Orders.with_raw_response` was removed",
    ),
    "a base class is missing": (
        "api/orders/__init__.py",
        r"class Orders\(Resource\)",
        "class Orders",
        "`Orders.Resource` was removed",
    ),
    "an attribute is missing": (
        "models/order.py",
        r"    total: .*\n",
        "",
        "`models.Order` lost the attribute `total`",
    ),
    "a value is missing": ("models/status.py", r"    DONE = .*\n", "", "lost the value `done`"),
}


MADE_BY_TEMPLATES: Final = ("a method of the class is missing", "a base class is missing")
"""What every package has, and no document can add."""


def mutated(base: Path, folder: Path, title: str) -> Path:
    """A copy of the package with one of its files changed by hand."""
    name, pattern, instead, _ = MUTATIONS[title]
    copied = folder / "things"
    shutil.copytree(base, copied)
    text, count = re.subn(pattern, instead, (copied / name).read_text(encoding="utf-8"))
    assert count > 0
    (copied / name).write_text(text, encoding="utf-8")
    return copied


@table("title", MUTATIONS)
def test_no_drift_of_the_source_is_silent(title: str, base: Path, tmp_path: Path) -> None:
    """An edit of the public source is told, wherever it is."""
    other = mutated(base, tmp_path, title)
    assert any(MUTATIONS[title][3] in one.text for one in compare_packages(base, other))
    assert title in MADE_BY_TEMPLATES or compare_packages(other, base)


def test_a_package_that_cannot_be_read_is_refused(base: Path, tmp_path: Path) -> None:
    """A file that does not parse, or no package at all, is an error and no empty surface."""
    broken = tmp_path / "things"
    shutil.copytree(base, broken)
    (broken / "models" / "order.py").write_text("class Order(:\n", encoding="utf-8")
    for folder in (broken, tmp_path / "nothing"):
        with pytest.raises(SpecError):
            compare_packages(base, folder)


def test_the_most_serious_comes_first(base: Path) -> None:
    """Changes stand by weight, then by name; and a level has a word for reports."""
    changes = compare_packages(base, REAL)
    assert changes == sorted(changes, key=lambda one: (-one.level, one.name, one.text))
    assert SurfaceChange("a", MAJOR, "b").level.word == "major"
