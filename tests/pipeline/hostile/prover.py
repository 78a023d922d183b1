"""Hostile documents taken through the pipeline, and everything that must hold of what comes out."""

import builtins
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from unittest import mock

import attrs

from chessa_codegen import atomic
from chessa_codegen.characters import is_plain
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.plan import OperationPlan, Plan
from chessa_codegen.python import render
from chessa_codegen.regeneration import Job, regenerate
from tests.pipeline.made import Package

from .audit import audited
from .documents import Pair, batches, document, text
from .payloads import ABSOLUTE, CANARY
from .positions import Document
from .skeleton import modules, names, skeleton

_VENDOR_ID: Final = "x-vendor-operation-id"
_LONGEST_REFUSAL: Final = 2_000
_REFUSED: Final = "was refused"
_JSON: Final = "application/json"


class _PlannedError(Exception):
    """A document that is not refused."""


@attrs.define
class Tally:
    """Outcomes of pairs, and the promises that were broken."""

    refused: int = 0
    generated: int = 0
    documents: int = 0
    calls: int = 0
    broken: list[str] = attrs.field(factory=list[str])


class Prover:
    """A folder with a good package that documents are generated over."""

    def __init__(self, folder: Path) -> None:
        self.root = folder.resolve() / "1" / "2" / "3"
        for name in ("here", "vendor"):
            (self.root / name).mkdir(parents=True)
        examples = self.root / "vendor" / "examples.toml"
        examples.write_text("", encoding="utf-8")
        self.job = Job(
            spec=self.root / "vendor" / "spec.yaml",
            overlay=None,
            output=self.root / "out",
            package="made",
            lock=self.root / "lock.json",
            reference=self.root / "docs" / "reference",
            examples=examples,
            is_strict=True,
        )
        self._expected: set[str] = set()
        for _ in range(2):  # the second time everything is imported
            self.write([])
            with audited(self.root) as self._expected:
                regenerate(self.job)
                Package(self.job.target).call("things.list_things", answer='{"id": "1"}')

    def prove(self, pairs: Sequence[Pair], tally: Tally) -> None:
        """Refuse each pair alone, or generate it with as many others as go together."""
        for batch in batches([pair for pair in pairs if not self._is_refused(pair, tally)]):
            self._generate(batch, tally)

    def write(self, pairs: Sequence[Pair]) -> None:
        """Write the document of these pairs where the job reads it."""
        self.job.spec.write_bytes(text(pairs).encode("utf-8", "surrogatepass"))

    # --- refusals

    def _is_refused(self, pair: Pair, tally: Tally) -> bool:
        """Regenerate as far as the plan, which refuses nearly all that is ever refused."""
        self.write([pair])
        with mock.patch.object(render, "render", side_effect=_PlannedError):
            try:
                problems = self._refusal()
            except _PlannedError:
                return False
        tally.refused += 1
        tally.broken += [f"{one}: {pair}" for one in problems]
        return True

    def _refusal(self) -> list[str]:
        """Regenerate what is refused: clearly, and without a change to any file."""
        before = atomic.files(self.root)
        try:
            regenerate(self.job)
        except SpecError as error:
            changed = ["a refusal changed the tree"] * (atomic.files(self.root) != before)
            return [*unclear(error), *changed]
        return ["was refused, and is generated"]

    # --- packages

    def _generate(self, batch: Sequence[Pair], tally: Tally) -> None:
        """Generate one document. If it breaks anything, find the pair in it that does."""
        broken = self._broken(batch, tally)
        if broken and len(batch) > 1:
            found, half = len(tally.broken), len(batch) // 2
            self._generate(batch[:half], tally)
            self._generate(batch[half:], tally)
            if len(tally.broken) > found or broken == [_REFUSED]:
                return
        else:
            tally.refused += _REFUSED in broken
            tally.generated += len(batch) * (_REFUSED not in broken)
        together = " and ".join(map(str, batch))
        tally.broken += [f"{one[:500]}: {together}"[:1_000] for one in broken if one != _REFUSED]

    def _broken(self, batch: Sequence[Pair], tally: Tally) -> list[str]:
        self.write(batch)
        self.job.names.unlink(missing_ok=True)  # each document is the first of its kind
        before = self._foreign()
        try:
            with audited(self.root) as effects:
                made = regenerate(self.job)
        except SpecError:
            return [_REFUSED, *self._refusal()]
        except Exception as error:  # noqa: BLE001 - any other error is what must not happen
            return [f"{type(error).__name__}: {error}"]
        tally.documents += 1
        broken = [f"does {one}" for one in sorted(effects - self._expected)]
        broken += [f"wrote {name}" for name, _ in sorted(self._foreign() ^ before)]
        broken += [f"left {path}" for path in self._canaries()]
        if made.findings:  # what was corrected is not in the package: it can only do no harm
            return broken or [_REFUSED]
        broken += self._differences(batch, made.plan)
        return broken or [*self._use(batch, made.plan, tally)]

    def _foreign(self) -> set[tuple[str, bytes]]:
        """The files that a regeneration must leave as they are."""
        placed = ("out/made/", "docs/reference/", "lock.json", "names.json")
        held = atomic.files(self.root)
        return {(name, one) for name, one in held.items() if not name.startswith(placed)}

    def _canaries(self) -> Iterator[str]:
        if builtins.__dict__.pop(CANARY, None) is not None:
            yield "a builtin"
        for path in (*self.root.parents[2].rglob(f"*{CANARY}*"), Path(ABSOLUTE), Path(CANARY)):
            if path.exists() and not {self.job.output, self.job.reference} & {*path.parents}:
                path.unlink()
                yield str(path)

    def _differences(self, batch: Sequence[Pair], plan: Plan) -> Iterator[str]:
        """Compare with the package and the pages of the same document without the payloads."""
        home = self.root.parent / "plain"
        home.mkdir(exist_ok=True)
        job = attrs.evolve(
            self.job,
            spec=home / "spec.yaml",
            output=home / "out",
            lock=home / "lock.json",
            reference=home / "docs" / "reference",
        )
        job.spec.write_text(text([pair.without(at) for at, pair in enumerate(batch)]), "utf-8")
        job.names.unlink(missing_ok=True)
        plain = regenerate(job)
        known = {*names(plan), *names(plain.plan), *modules(self.job.target), *modules(job.target)}
        made = skeleton(self.job.target, known, self.job.reference)
        expected = skeleton(job.target, known, job.reference)
        yield from (f"writes {one}" for one in made - expected)
        yield from (f"lacks {one}" for one in expected - made)
        written = json.loads((self.job.target / "spec.json").read_text(encoding="utf-8"))
        held = document(text(batch))
        if held is not None and _bare(written) != _bare(held):
            yield "spec.json is another document"

    # --- calls

    def _use(self, batch: Sequence[Pair], plan: Plan, tally: Tally) -> Iterator[str]:
        """Import the package, and hold its calls and enums against the document."""
        held = document(text(batch))
        if held is None:
            held = json.loads((self.job.target / "spec.json").read_text(encoding="utf-8"))
        sys.dont_write_bytecode = True
        importlib.invalidate_caches()  # a package of this name was here before
        for name in [name for name in sys.modules if name.partition(".")[0] == "made"]:
            del sys.modules[name]
        done: set[str] = set()
        try:
            with audited(self.root) as effects:
                done = effects
                package = Package(self.job.target)
                for model in package.module("models").__all__:
                    package.model(model)
                listed = [*_listed(held)]
                for enum in plan.enums:
                    if (values := [one.value for one in package.model(enum.name)]) not in listed:
                        yield f"{enum.name} lists {values}"
                for operation in (one for held_by in plan.resources for one in held_by.operations):
                    tally.calls += 1
                    yield from _call(package, held, operation)
        except Exception as error:  # noqa: BLE001 - any error is what must not happen
            yield f"does not import or call: {type(error).__name__}: {error}"
        sys.dont_write_bytecode = False
        yield from (f"does {one}" for one in sorted(done - self._expected))
        yield from (f"left {path}" for path in self._canaries())


def _call(package: Package, held: Document, operation: OperationPlan) -> Iterator[str]:
    """Call a method with all and with the required arguments: as the document says."""
    raw = held["paths"][operation.path][operation.method.lower()]
    [*shared] = held["components"].get("parameters", {}).values()
    declared = [shared[0] if "$ref" in one else one for one in raw.get("parameters", ())]
    body = raw.get("requestBody", {}).get("content", {}).get(_JSON, {}).get("schema", {})
    wanted = {(one["in"], one["name"]): one["schema"] for one in declared}
    wanted |= {("member", key): schema for key, schema in body.get("properties", {}).items()}
    media = raw["responses"]["200"]["content"]
    if {*wanted} != {(one.location, one.key) for one in operation.arguments}:
        yield f"{operation.name} does not take {sorted(wanted)}"
    elif _JSON in media:
        properties = held["components"]["schemas"]["Thing"]["properties"]
        valued = {key: _value(schema) for key, schema in properties.items()}
        answer = dict.fromkeys(held["components"]["schemas"]["Thing"]["required"], "a text")
        answer |= {key: value for key, value in valued.items() if value is not None}
        for everything in (True, False):
            chosen = [one for one in operation.arguments if one.required or everything]
            values = {one: _value(wanted[one.location, one.key]) for one in chosen}
            result = package.call(
                operation.name,
                answer=json.dumps(answer),
                **{one.name: value for one, value in values.items()},
            )
            path = operation.path
            sent: dict[str, list[tuple[str, Any]]] = {"query": [], "header": [], "member": []}
            for one, value in values.items():
                if one.location == "path":
                    path = path.replace(f"{{{one.key}}}", value)
                else:
                    sent[one.location].append((one.key, value))
            found = package.sent[-1]
            members = None if found.body is None else json.loads(found.body)
            if (found.method, found.path) != (operation.method, path) or (
                [*found.query],
                [*found.headers],
                members,
            ) != (sent["query"], sent["header"], dict(sent["member"]) if body else None):
                yield f"{operation.name} sends {found}"
            if result.to_dict() != answer or result.additional_properties:
                yield f"{operation.name} returns {result}, not {answer}"


def _value(schema: Document) -> Any:
    """Return a value that a schema allows; None for a schema that is not simple."""
    for values in (schema.get("enum"), schema.get("x-open-enum")):
        if values:
            return values[-1] if isinstance(values[-1], (str, int)) else None
    if "const" in schema:
        return schema["const"]
    return {"string": "a text", "integer": 7, "array": ["a text"]}.get(str(schema.get("type")))


def _listed(node: Any) -> Iterator[list[Any]]:
    """Find the values of every enum of a document."""
    if isinstance(node, dict):
        for keyword in ("enum", "x-open-enum"):
            if isinstance(values := node.get(keyword), list):
                yield [*dict.fromkeys(one for one in values if isinstance(one, (str, int)))]
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _listed(one)


def _bare(node: Any) -> Any:
    """Return a document in one order, its operations named as the vendor names them."""
    if isinstance(node, dict):
        marked = {**node, "operationId": node.get(_VENDOR_ID, node.get("operationId"))}
        return {key: _bare(one) for key, one in sorted(marked.items()) if key != _VENDOR_ID}
    return [_bare(one) for one in node] if isinstance(node, list) else node


def unclear(error: SpecError) -> Iterator[str]:
    """Find what is wrong with a refusal for the person who reads it."""
    for name in ("what", "where", "fix"):
        part = getattr(error, name)
        if not part.strip():
            yield f"{name} is empty"
        elif not is_plain(part):  # a newline is not plain either
            yield f"{name} contains invisible characters: {part[:200]!r}"
    if len(str(error)) > _LONGEST_REFUSAL:
        yield f"{len(str(error)):,} characters"
