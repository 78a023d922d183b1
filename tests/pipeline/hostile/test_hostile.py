"""Hostile documents are refused clearly, or generated as if the payloads were harmless.

A generated package and its pages have the syntax trees of the same document without payloads, once
constants are blanked and names normalised; its requests and results are what the document says.
"""

import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from chessa_codegen import atomic, cli
from chessa_codegen.errors import SpecError
from chessa_codegen.python import source
from chessa_codegen.regeneration import Job, regenerate
from tests.marks import CI

from .documents import Pair, text, turn
from .payloads import CANARY, PAYLOADS
from .positions import POSITIONS
from .prover import Prover, Tally, unclear
from .skeleton import skeleton

ROOT: Final = Path(__file__).resolve().parents[3]
_POSITIONS: Final = {position.name: position for position in POSITIONS}
_PAYLOADS: Final = {payload.name: payload for payload in PAYLOADS}


def pair(payload: str, position: str) -> Pair:
    """Return a pair by its names."""
    return Pair(_POSITIONS[position], _PAYLOADS[payload])


@pytest.fixture(scope="module")
def prover(tmp_path_factory: pytest.TempPathFactory) -> Prover:
    """Return a folder with a good package that documents are generated over."""
    return Prover(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(autouse=True)
def here(prover: Prover, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stay where what a payload writes is found, and harms nothing."""
    monkeypatch.chdir(prover.root / "here")


def test_the_tables_hold_what_is_promised() -> None:
    """At least 45 positions and 33 payloads, 1,500 pairs, each once."""
    assert len(_POSITIONS) == len(POSITIONS) >= 45
    assert len({payload.raw for payload in PAYLOADS}) == len(_PAYLOADS) == len(PAYLOADS) >= 33
    assert len({(one.position, one.payload) for n in range(len(PAYLOADS)) for one in turn(n)}) == (
        len(POSITIONS) * len(PAYLOADS)
    )
    for number, position in enumerate(POSITIONS):
        plain = Pair(position, _PAYLOADS["self"]).without(number)
        assert f"zebra{number}" in text([plain]), position.name


@pytest.mark.untraced
@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(turn(0)[::11], id="a part of the first turn"),
        pytest.param([each for at, each in enumerate(turn(0)) if at % 11], marks=CI, id="its rest"),
        *(
            pytest.param(turn(number), marks=pytest.mark.nightly, id=f"turn {number}")
            for number in range(1, len(PAYLOADS))
        ),
    ],
)
def test_no_payload_is_more_than_data(pairs: Sequence[Pair], prover: Prover) -> None:
    """Every position once in each turn; many pairs are refused, many generated."""
    tally = Tally()
    prover.prove(pairs, tally)
    assert tally.broken == []
    assert tally.refused + tally.generated == len(pairs)
    assert min(tally.refused, tally.generated) > len(pairs) // 4
    assert tally.calls


def test_a_hostile_document_makes_the_same_bytes_again(prover: Prover) -> None:
    """Neither the time nor the previous package has a say."""
    made = []
    for payload in ("Arabic", "self", "Arabic"):
        prover.write([pair(payload, "property"), pair(payload, "description of a schema")])
        regenerate(prover.job)
        made.append(atomic.files(prover.job.target))
    assert made[0] == made[2] != made[1]


# ---- Planted mistakes ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good(prover: Prover) -> tuple[Job, Counter[str]]:
    """Return a package and pages of the document without payloads, and their skeleton."""
    prover.write([])
    regenerate(prover.job)
    sound = _skeleton(prover.job)
    assert _skeleton(prover.job) == sound
    return prover.job, sound


def _skeleton(job: Job) -> Counter[str]:
    return skeleton(job.target, set(), job.reference)


_IN_SOURCE: Final = {
    f"{CANARY}()": "out/made/models/thing.py",
    "__import__('os')": "out/made/models/thing.py",
    "# a word of the vendor's": "out/made/models/kind.py",
    "1 + 1": "out/made/api/things/list_things.py",
    "x = f'{1}'": "out/made/api/things/__init__.py",
    "x = (": "out/made/api/things/__init__.py",
    "pass": "out/made/types.py",
}
_ON_A_PAGE: Final = (
    "<script>x</script>",
    "a <b>word</b>",
    "[click](/etc/passwd)",
    "[click](https://evil.example)",
    "```sh\nrm\n```",
    "```python\nexec('x')\n```",
)


@pytest.mark.parametrize(
    ("planted", "file"),
    [*_IN_SOURCE.items(), *((words, "docs/reference/things.md") for words in _ON_A_PAGE)],
)
def test_what_is_planted_in_an_output_is_seen(
    planted: str, file: str, good: tuple[Job, Counter[str]]
) -> None:
    """A name, a comment, a statement, markup or a link that the document without has not."""
    job, sound = good
    path = job.lock.parent / file
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n\n{planted}\n", encoding="utf-8")
    try:
        assert _skeleton(job) != sound
    except (SyntaxError, tokenize.TokenError):
        assert planted == "x = ("
    finally:
        path.write_text(before, encoding="utf-8")


def test_unclear_words_are_seen() -> None:
    """A refusal that says nothing, or more than anyone reads."""
    assert [*unclear(SpecError("What.", "#", "Fix."))] == []
    assert [*unclear(SpecError("What.", "", "Fix."))] == ["where is empty"]
    long = SpecError("What.", "#", "Fix.", ("x" * 500,) * 5)
    assert any("characters" in one for one in unclear(long))


def _runs(_: str) -> str:
    exec("import os; os.system('true')")  # noqa: S102 - the harm that must be heard
    return "x"


def _writes(_: str) -> str:
    Path("../../leak").write_text("x", encoding="utf-8")
    return "x"


@pytest.mark.parametrize(
    ("harm", "payload", "broken"),
    [
        (str, "a statement between triple quotes", "SpecError|SyntaxError|does|writes"),
        pytest.param(_runs, "a soft keyword", "does os.system", marks=CI),
        pytest.param(_writes, "a soft keyword", "wrote|does open", marks=CI),
    ],
)
def test_a_pipeline_that_does_harm_is_caught(
    harm: Callable[[str], str],
    payload: str,
    broken: str,
    prover: Prover,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prose written as it is, a pipeline that runs what it reads, one that writes elsewhere."""
    monkeypatch.setattr(source, "_escaped", harm)
    tally = Tally()
    prover.prove([pair(payload, "description of a schema")], tally)
    assert any(re.match(broken, one) for one in tally.broken), tally


# ---- The command ---------------------------------------------------------------------------------

_REFUSED: Final = {
    "a heading": "a segment of a path",
    "a tag that runs": "info.title",
    "a newline, indented code": "header of a security scheme",
    "an address with credentials": "server url",
    "5,000 levels": "example, deep",
    "half of a surrogate pair": "the file",
}


@pytest.mark.parametrize(("payload", "position"), _REFUSED.items())
def test_a_refusal_is_three_lines(
    payload: str, position: str, prover: Prover, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, what, where and how to fix it, and nothing else: no traceback."""
    prover.write([pair(payload, position)])
    assert cli.run(lambda: bool(regenerate(prover.job)), where="") == cli.REFUSED
    shown = capsys.readouterr()
    _are_three_lines(str(shown.out), str(shown.err))


@pytest.mark.ci
def test_the_command_refuses_in_three_lines(prover: Prover, tmp_path: Path) -> None:
    """Exit 2, and nothing is written."""
    prover.write([pair("a tag that runs", "info.title")])
    command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "--no-overlay"]
    options = ["--spec", str(prover.job.spec), "--output", str(tmp_path / "x"), "--package", "made"]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    _are_three_lines(done.stdout, done.stderr)
    assert not [*tmp_path.iterdir()]


def _are_three_lines(out: str, err: str) -> None:
    assert out == ""
    assert re.fullmatch(r"refused: .+\n  where: .+\n  fix: .+\n", err)
