"""Documents that mean harm: refused in clear words, or made into code that holds them as data.

In: the tables. Out: figures that must be zero, on a part of the positions; longer forms
take every position and every payload, and `python -m tests.pipeline.hostile --all` every pair.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import regenerate
from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import Job, Made
from chessa_codegen.regeneration import regenerate as make
from tests import commands

from . import figures, inspection
from .cases import ALL, Case, sample
from .payloads import CANARY, PAYLOADS, Payload
from .positions import POSITIONS, sound
from .proof import INVARIANTS, unclear

ROOT: Final = Path(__file__).resolve().parents[3]
_NAMED: Final = {position.name: position for position in POSITIONS}
_BAD: Final = {payload.name: payload for payload in PAYLOADS}


def test_there_are_as_many_documents_as_are_promised() -> None:
    """Two tables with no row twice: at least 45 places and 33 payloads, 1,500 documents."""
    assert len({position.name for position in POSITIONS}) == len(POSITIONS) >= 45
    assert len({payload.name for payload in PAYLOADS}) == len(PAYLOADS) >= 33
    assert len({payload.raw for payload in PAYLOADS}) == len(PAYLOADS)
    assert len(ALL) >= 1_500
    assert {case.position for case in sample()} == {*POSITIONS}
    assert {case.payload for case in sample()} == {*PAYLOADS}


def test_every_place_is_there() -> None:
    """Each position puts the payload into the text, and the document is sound without one."""
    plain = Payload("plain", '"zebra"', "zebra")
    for position in POSITIONS:
        assert "zebra" in Case(position, plain).text(), position.name


@pytest.fixture(scope="module")
def sampled() -> figures.Figures:
    """The figures of every fourth position."""
    return figures.figures(sample()[2::4])


@pytest.mark.untraced
@pytest.mark.parametrize("invariant", INVARIANTS)
def test_no_document_breaks(invariant: str, sampled: figures.Figures) -> None:
    """Nothing runs, nothing is written elsewhere, no tree breaks, what is made keeps its word."""
    assert not sampled.broken[invariant], sampled.table()


@pytest.mark.untraced
def test_the_sample_looks_at_both_ends(sampled: figures.Figures) -> None:
    """Many are refused, many are generated, and these are called."""
    assert min(sampled.refused, sampled.generated) > sampled.documents // 4, sampled.table()
    assert sampled.calls > 2 * sampled.generated, sampled.table()
    assert sampled.twice


@pytest.mark.untraced
@pytest.mark.parametrize(
    "turn", [pytest.param(0, marks=pytest.mark.ci), pytest.param(1, marks=pytest.mark.nightly)]
)
def test_more_documents_break_nothing(turn: int) -> None:
    """Every position and every payload once, in other pairs in each turn."""
    found = figures.figures(sample(turn))
    assert found.documents == len(sample(turn))
    assert not found.broken, found.table()


# ---- That the eyes see: each kind of harm, planted -----------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """A package of the sound document."""
    folder = tmp_path_factory.mktemp("good")
    source = folder / "spec.json"
    source.write_text(json.dumps(sound()), encoding="utf-8")
    job = Job(spec=source, overlay=None, output=folder, package="made", lock=folder / "lock.json")
    return job.target, make(job)


@pytest.mark.parametrize(
    ("file", "line", "what"),
    [
        ("models/thing.py", f"{CANARY}()", "says 'chessa_canary'"),
        ("models/thing.py", "__import__('os')", "says '__import__'"),
        ("models/kind.py", "# a word of the vendor's", "# a word"),
        ("api/things/list_things.py", "1 + 1", "runs 1 + 1"),
        ("api/things/__init__.py", "x = f'{1}'", "f-string"),
        ("api/things/__init__.py", "x = (", "is not Python"),
        ("fields.py", "", "is not as ever"),
    ],
)
def test_what_is_planted_in_source_is_seen(
    file: str, line: str, what: str, good: tuple[Path, Made]
) -> None:
    """A name, a comment, a statement that neither the templates nor the plan account for."""
    folder, made = good
    base = inspection.sound(folder, made.plan)
    assert not [*inspection.strange(folder, made.plan, base)]
    before = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        assert any(what in one for one in inspection.strange(folder, made.plan, base))
    finally:
        (folder / file).write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("<script>x</script>", "holds HTML"),
        ("a <b>word</b>", "holds html_inline"),
        ("[click](/etc/passwd)", "leads to /etc/passwd"),
        ("[click](https://evil.example)", "leads to https://evil.example"),
        ("```sh\nrm\n```", "holds a block of 'sh'"),
        ("```python\nexec('x')\n```", "calls exec"),
    ],
)
def test_what_is_planted_on_a_page_is_seen(words: str, what: str, tmp_path: Path) -> None:
    """Markup, links and code that no page has by itself."""
    page = tmp_path / "things.md"
    page.write_text(f"<!-- ours -->\n\n{words}\n", encoding="utf-8")
    assert any(what in one for one in inspection.strange_pages(tmp_path))


def test_unclear_words_are_seen() -> None:
    """A refusal that says nothing, or more than anyone reads."""
    assert [*unclear(SpecError("What.", "#", "Mend."))] == []
    assert [*unclear(SpecError("What.", "", "Mend."))] == ["where is empty"]
    long = SpecError("What.", "#", "Mend.", ("x" * 500,) * 5)
    assert any("characters" in one for one in unclear(long))


_PROGRAM: Final = """
import sys
from pathlib import Path
from chessa_codegen import characters, errors
from chessa_codegen.python import source as text
from tests.pipeline.hostile import proof, test_hostile
PLANTED
prover = proof.Prover(Path(sys.argv[1]))
case = test_hostile.case(sys.argv[2], sys.argv[3])
print({name for name, _ in prover.prove(case).broken})
prover.close()
"""


def case(payload: str, position: str) -> Case:
    """A pair by its names."""
    return Case(_NAMED[position], _BAD[payload])


@pytest.mark.ci
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("planted", "payload", "position", "broken"),
    [
        # prose that is written as it is: it ends its docstring
        ("text._escaped = str", "a statement between triple quotes", "description of a schema",
         "ran at generation or import"),
        # a pipeline that runs what it reads
        ("text._escaped = lambda words: (exec('import os; os.system(\"true\")'), 'x')[1]",
         "a soft keyword", "description of a schema", "ran at generation or import"),
        # and one that writes where it should not
        ("text._escaped = lambda words: (Path('../leak').write_text('x'), 'x')[1]",
         "a soft keyword", "description of a schema", "wrote outside the output folder"),
    ],
)  # fmt: skip
def test_a_pipeline_that_does_harm_is_caught(
    planted: str, payload: str, position: str, broken: str, tmp_path: Path
) -> None:
    """Mistakes planted in the pipeline turn figures red."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.replace("PLANTED", planted), str(tmp_path / "x"), payload,
         position],
        cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert broken in done.stdout, done.stdout + done.stderr


# ---- The command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "position"),
    [
        ("a heading", "a segment of a path"),
        ("a tag that runs", "info.title"),
        ("a newline, indented code", "parameter of a media type"),
        ("an address with credentials", "server url"),
        ("5,000 levels", "example, deep"),
        ("half of a surrogate pair", "the whole file"),
    ],
)
def test_the_command_says_so_in_three_lines(payload: str, position: str, tmp_path: Path) -> None:
    """Exit 2, what, where and how to mend it, and nothing else: no traceback, nothing written."""
    source = tmp_path / "spec.yaml"
    source.write_bytes(case(payload, position).content())
    output = str(tmp_path / "out")
    words = ["--spec", str(source), "--no-overlay", "--output", output, "--package", "made"]
    done = commands.run(regenerate.main, *words)
    assert (done.returncode, done.stdout) == (2, "")
    first, where, mend = done.stderr.splitlines()
    assert first.startswith("refused: ")
    assert where.startswith("  where: ")
    assert mend.startswith("  mend: ")
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]
