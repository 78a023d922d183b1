"""Make packages of small documents, and call their operations without a network."""

import asyncio
import contextlib
import functools
import importlib
import importlib.util
import itertools
import json
import sys
from collections.abc import Mapping
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final
from unittest import mock

import attrs

from chessa_codegen import regeneration
from chessa_codegen.regeneration import Job
from tests.marks import is_short

Document = dict[str, Any]
_numbers = itertools.count()
OK: Final = {"200": {"description": "OK"}}


def document(
    paths: Document, schemas: Document | None = None, *, version: str = "3.0.3", **rest: Any
) -> Document:
    """A document with these paths and named schemas."""
    whole: Document = {
        "openapi": version,
        "info": {"title": "Things", "version": "1"},
        "paths": paths,
        **rest,
    }
    if schemas is not None:
        whole["components"] = {**whole.get("components", {}), "schemas": schemas}
    return whole


def operation(operation_id: str, tag: str = "things", **rest: Any) -> Document:
    """Return an operation of a tag; without `responses` it has an empty 200."""
    return {"operationId": operation_id, "tags": [tag], "responses": OK, **rest}


def content(schema: Any, media_type: str = "application/json") -> Document:
    """A body of this schema."""
    return {"content": {media_type: {"schema": schema}}}


def answers(schema: Any, status: str = "200") -> Document:
    """Responses with one success of this schema."""
    return {status: {"description": "OK", **content(schema)}}


def make(folder: Path, spec: Document, overlay: Document | None = None) -> "Package":
    """Make a package of a document, in a folder of its own, and import it."""
    number = next(_numbers)
    name = f"made_{number}"
    source = folder / f"spec_{number}.json"
    source.write_text(json.dumps(spec), encoding="utf-8")
    corrections = None
    if overlay is not None:
        corrections = folder / f"overlay_{number}.json"
        corrections.write_text(json.dumps(overlay), encoding="utf-8")
    output = folder / f"output_{number}"
    job = Job(
        spec=source,
        overlay=corrections,
        output=output,
        package=name,
        lock=folder / f"lock_{number}.json",
        is_strict=True,
    )
    with contextlib.ExitStack() as patched:
        if is_short():  # ruff is a third of the time, and what it does to sources is seen elsewhere
            patched.enter_context(mock.patch.object(regeneration, "format_package"))
        regeneration.regenerate(job)
    return Package(output / name)


@attrs.frozen
class Sent:
    """A request that a call would send."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: Any
    """The JSON text; None without a body."""


@functools.cache
def _compiled(source: bytes) -> CodeType:
    return compile(source, "<made>", "exec", dont_inherit=True)


class _Loader(SourceFileLoader):
    """Compile each text once: most modules are the same in every package."""

    def get_code(self, fullname: str) -> CodeType:
        return _compiled(self.get_data(self.path))


class Package:
    """A generated package, imported under its own name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        for each in {folder, *(path.parent for path in folder.rglob("*.py"))}:
            sys.path_importer_cache[str(each)] = FileFinder(str(each), (_Loader, [".py"]))
        loader = _Loader(self.name, str(folder / "__init__.py"))
        spec = importlib.util.spec_from_loader(self.name, loader, is_package=True)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        spec.loader.exec_module(module)
        self.sent: list[Sent] = []

    def module(self, name: str) -> ModuleType:
        """A module of the package: `models`, `api.things`."""
        return importlib.import_module(f"{self.name}.{name}")

    def model(self, name: str) -> Any:
        """A class of the package's models."""
        return getattr(self.module("models"), name)

    def source(self, name: str) -> str:
        """The text of a file."""
        return (self.folder / name).read_text(encoding="utf-8")

    def loads(self, text: str) -> Any:
        """JSON as the package reads it."""
        return self.module("exact_json").loads(text)

    def call(
        self, name: str, *arguments: Any, answer: str | None = None, status: int = 200, **named: Any
    ) -> Any:
        """Call a method in both modes; the result, which is the same in both."""
        resource, _, method = name.partition(".")
        performer = _Performer(self, status, answer)
        client = self.module("client")
        result = getattr(getattr(client.Resources(performer), resource), method)(
            *arguments, **named
        )
        on_asyncio = client.AsyncResources(_AsyncPerformer(performer))
        coroutine = getattr(getattr(on_asyncio, resource), method)(*arguments, **named)
        assert asyncio.run(coroutine) == result
        assert self.sent[-1] == self.sent[-2]
        return result


class _Performer:
    """Performs every operation with one response."""

    def __init__(self, package: Package, status: int, answer: str | None) -> None:
        self._package = package
        self._status = status
        self._answer = answer

    def perform(self, operation: Any, arguments: Mapping[str, object]) -> Any:
        bound = operation.bind(arguments)
        unset = self._package.module("types").UNSET
        dumps = self._package.module("exact_json").dumps
        path = operation.path
        for key, value in bound.path.items():
            path = path.replace(f"{{{key}}}", value)
        body = None if bound.body is unset else dumps(bound.body).decode()
        self._package.sent.append(Sent(operation.method, path, bound.query, bound.headers, body))
        if operation.answers_nothing(self._status):
            return None
        return operation.decode(self._status, self._package.loads(self._answer or ""))[0]


class _AsyncPerformer:
    def __init__(self, performer: _Performer) -> None:
        self._performer = performer

    async def perform(self, operation: Any, arguments: Mapping[str, object]) -> Any:
        return self._performer.perform(operation, arguments)
