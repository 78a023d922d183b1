"""One document after another through the pipeline, and what must hold after each.

In: cases. Out: a `Verdict` for each: refused or generated, and which invariants it broke, with a
word of what was seen. A `Prover` has a folder of its own, and a process that imports for it.
"""

import builtins
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from chessa_codegen import atomic
from chessa_codegen.characters import is_plain
from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import Job, Made, regenerate

from . import inspection, promises, watch
from .cases import Case
from .payloads import ABSOLUTE, CANARY
from .positions import sound

ROOT: Final = Path(__file__).resolve().parents[3]
PATIENCE: Final = 60
LONGEST_REFUSAL: Final = 2_000
_REGULAR: Final = 20
"""Of so many cases one is generated twice."""

_MARK: Final = "x-vendor-operation-id"
"""Where the pipeline keeps the vendor's name of an operation."""

# The invariants, by the words of the report.
RAN: Final = "ran at generation or import"
OUTSIDE: Final = "wrote outside the output folder"
TREE: Final = "left another tree after a refusal"
UNCLEAR: Final = "refused without a clear message"
SOURCE: Final = "more than data in source or pages"
IMPORT: Final = "does not import or answer"
PROMISE: Final = "does not do what the document says"
AGAIN: Final = "other bytes the second time"
INVARIANTS: Final = (RAN, OUTSIDE, TREE, UNCLEAR, SOURCE, IMPORT, PROMISE, AGAIN)


@attrs.frozen
class Verdict:
    """What became of a document."""

    case: str
    refusal: str | None
    """What the refusal said; None where a package was made."""
    broken: tuple[tuple[str, str], ...]
    """Invariants, and what was seen."""
    calls: int
    """How many calls were held against the document."""
    twice: bool
    seconds: float


class Prover:
    """Runs cases in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        home = self._root / "1" / "2" / "3"
        self._here = home / "here"
        self._here.mkdir(parents=True)
        self._source = home / "vendor" / "spec.yaml"
        self._source.parent.mkdir()
        examples = home / "vendor" / "examples.toml"
        examples.write_text("", encoding="utf-8")
        self._job = Job(
            spec=self._source,
            overlay=None,
            output=home / "out",
            package="made",
            lock=home / "lock.json",
            reference=home / "docs" / "reference",
            examples=examples,
        )
        self._source.write_text(json.dumps(sound()), encoding="utf-8")
        made = regenerate(self._job)
        self._base = inspection.sound(self._job.target, made.plan)
        self._good = self._root / "good"
        self._importer = _Importer(self._here)
        for one in self._placed():
            shutil.copytree(one, self._good / one.name)
        self._lock = self._job.lock.read_bytes()
        watch.install()

    def close(self) -> None:
        """End the process that imports."""
        self._importer.close()

    def prove(self, case: Case, *, twice: bool = False) -> Verdict:
        """Generate from one document over a good package, and look at everything."""
        started = time.monotonic()
        self._restore()
        self._source.write_bytes(case.content())
        before = atomic.files(self._root)
        broken: list[tuple[str, str]] = []
        refusal: str | None = None
        made: Made | None = None
        calls = 0
        with self._watched() as events:
            try:
                with _patience():
                    made = regenerate(self._job)
            except SpecError as error:
                refusal = str(error)
                broken += [(UNCLEAR, problem) for problem in unclear(error)]
            except Exception as error:  # noqa: BLE001 - which one is what is asked for
                refusal = f"{type(error).__name__}: {error}"
                broken.append((UNCLEAR, refusal[:300]))
        broken += [(RAN, event) for event in events]
        if made is None:
            broken += [(TREE, change) for change in self._changes(before)]
        else:
            broken += [(OUTSIDE, change) for change in self._changes(before, apart=self._placed())]
            found, calls = self._looked_at(case, made)
            broken += found
            if twice:
                broken += self._again()
        broken += self._canaries()
        return Verdict(
            case.name, refusal, tuple(broken), calls, twice and made is not None,
            time.monotonic() - started,
        )  # fmt: skip

    # --- the folder

    def _placed(self) -> list[Path]:
        assert self._job.reference is not None
        return [self._job.target, self._job.reference]

    def _restore(self) -> None:
        for one in self._placed():
            if atomic.files(one) != atomic.files(self._good / one.name):
                shutil.rmtree(one)
                shutil.copytree(self._good / one.name, one)
        self._job.lock.write_bytes(self._lock)

    def _changes(self, before: dict[str, bytes], apart: list[Path] | None = None) -> Iterator[str]:
        """What is new, other or gone beside what is put in place."""
        after = atomic.files(self._root)
        for name in sorted(before.keys() | after.keys()):
            path = self._root / name
            placed = apart is not None and (
                path == self._job.lock or any(one in path.parents for one in apart)
            )
            if not placed and before.get(name) != after.get(name):
                yield name
        beside = {path.name for path in self._job.output.iterdir()} - {self._job.package}
        yield from (f"{name} lies in the output folder" for name in sorted(beside))

    @contextlib.contextmanager
    def _watched(self) -> Iterator[list[str]]:
        home = Path.cwd()
        os.chdir(self._here)
        try:
            with watch.watching(self._root, code=("<template>",), may_format=True) as it:
                yield it
        finally:
            os.chdir(home)

    def _canaries(self) -> Iterator[tuple[str, str]]:
        if builtins.__dict__.pop(CANARY, None) is not None:
            yield RAN, "a builtin was planted"
        for path in (*self._root.rglob(f"*{CANARY}*"), Path(ABSOLUTE)):
            if path.exists() and self._good not in path.parents and not self._is_placed(path):
                yield RAN, f"{path} is there"
                path.unlink()

    def _is_placed(self, path: Path) -> bool:
        """A module may be named as the vendor likes."""
        return any(one in path.parents for one in self._placed())

    # --- what was generated

    def _looked_at(self, case: Case, made: Made) -> tuple[list[tuple[str, str]], int]:
        broken = [
            (SOURCE, one) for one in inspection.strange(self._job.target, made.plan, self._base)
        ]
        assert self._job.reference is not None
        broken += [
            (SOURCE, one) for one in inspection.strange_pages(self._job.reference, made.plan)
        ]
        written = json.loads((self._job.target / "spec.json").read_text(encoding="utf-8"))
        document = case.document()
        if document is None:
            document = written
        elif _bare(written) != _bare(document):
            broken.append((PROMISE, "spec.json is another document"))
        promised = promises.promises(document, made.plan)
        told = self._importer.ask(
            {
                "folder": str(self._job.target),
                "calls": [promise.call for promise in promised],
                "enums": [enum.name for enum in made.plan.enums],
            }
        )
        broken += [(RAN, event) for event in told["events"]]
        if told["problem"]:
            broken.append((IMPORT, told["problem"]))
        for promise, sent, result in zip(
            promised, told["sent"], told["results"], strict=not told["problem"]
        ):
            body = None if sent[4] is None else json.loads(sent[4])
            if [*sent[:4], body] != promise.sent:
                broken.append((PROMISE, f"{promise.call['name']} sends {sent}, not {promise.sent}"))
            if json.loads(result) != promise.result:
                broken.append((PROMISE, f"{promise.call['name']} gives {result}"))
        known = [*promises.listed(document)]
        broken += [
            (PROMISE, f"{name} lists {values}")
            for name, values in told["enums"].items()
            if values not in known
        ]
        return [(name, what[:500]) for name, what in broken], len(told["sent"])

    def _again(self) -> Iterator[tuple[str, str]]:
        placed = [*self._placed(), self._job.lock.parent]
        first = [atomic.files(one) for one in placed]
        regenerate(self._job)
        if [atomic.files(one) for one in placed] != first:
            yield AGAIN, "a second generation differs"


def unclear(error: SpecError) -> Iterator[str]:
    """What is amiss with a refusal, for the person who reads it."""
    for name in ("what", "where", "mend"):
        part: Any = getattr(error, name)
        if not isinstance(part, str) or not part.strip():
            yield f"{name} is empty"
        elif not all(is_plain(line) for line in part.split("\n")):
            yield f"{name} holds what is not seen: {part[:200]!r}"
        elif "\n" in part:
            yield f"{name} has more than one line: {part[:200]!r}"
    if len(str(error)) > LONGEST_REFUSAL:
        yield f"{len(str(error)):,} characters"


def _bare(document: Any) -> Any:
    """A document in one order, its operations called as the vendor calls them."""
    if isinstance(document, dict):
        marked = {**document, "operationId": document.get(_MARK, document.get("operationId"))}
        return {key: _bare(value) for key, value in sorted(marked.items()) if key != _MARK}
    return [_bare(one) for one in document] if isinstance(document, list) else document


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Give up on what takes too long, as an error of the pipeline."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done in {PATIENCE} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


class _Importer:
    """The process that imports; another one where it died."""

    def __init__(self, here: Path) -> None:
        self._here = here
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[str]":
        paths = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
        return subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.pipeline.hostile.importer"],
            cwd=self._here,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Have a package imported and called."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError, TimeoutError), _patience():
            self._process.stdin.write(f"{json.dumps(asked)}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if line:
            told: dict[str, Any] = json.loads(line)
            return told
        self.close()
        self._process = self._start()
        return {"events": [], "problem": "the process died", "sent": [], "results": [], "enums": {}}

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def is_twice(number: int) -> bool:
    """Whether the case of this number is generated twice."""
    return number % _REGULAR == 0
