"""Call changed operations through the real client, each case in a process of its own.

One process imports the third parties and forks for each case, so that a case costs its own imports
only; neither package of ours is imported before the fork.
"""

import ast
import asyncio
import json
import os
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[3]
_SECONDS: Final = 60
_HEAVY: Final = (
    *("aiohttp.web", "asyncio", "attrs", "dateutil.parser", "httpx", "anyio", "decimal"),
    *("openapi_schema_validator", "jsonschema", "certifi", "json", "email.message"),
)


class Caller:
    """The process that forks."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "error", str(Path(__file__))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(_SECONDS)
        self._process.stdout.close()

    def run(self, package: Path, programs: Sequence[str]) -> str:
        """Run programs with the package in a folder, sync and async; what went wrong, or ""."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(package), list(programs)]) + "\n")
        self._process.stdin.flush()
        answer: str = json.loads(self._process.stdout.readline())
        return answer


def program(calls: str) -> str:
    """A program of calls on `api` and `chessa`."""
    lines = "\n".join(f"    {line}" for line in calls.splitlines())
    return (
        "import json\nfrom decimal import Decimal\nfrom chessa import models\n"
        "from chessa.testing import sandbox\n\n"
        f"with sandbox() as api, api.client() as chessa:\n{lines}\n"
    )


# ---- In the process that forks ------------------------------------------------------------------


class _Awaiting(ast.NodeTransformer):
    """A program for the sync client, turned to the async one."""

    def visit_With(self, node: ast.With) -> ast.AST:
        arranged, client = node.items
        inner = ast.AsyncWith(items=[client], body=node.body)
        return self.generic_visit(ast.With(items=[arranged], body=[inner]))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        words = ast.unparse(node.func)
        if words == "api.client":
            node.func = ast.parse("api.async_client", mode="eval").body
        return ast.Await(node) if words.startswith("chessa.") else node


def _as_async(code: str) -> Any:
    tree = ast.fix_missing_locations(_Awaiting().visit(ast.parse(code)))
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(tree, "<async>", "exec", flags=flags)


def _call(package: str, programs: list[str]) -> None:
    sys.path[:0] = [package, str(ROOT / "overrides")]
    import chessa_api

    if not chessa_api.__file__.startswith(package):
        raise AssertionError(chessa_api.__file__)
    # Some calls are of what the vendor has deprecated.
    said = "is deprecated by the vendor|the vendor has deprecated the argument"
    warnings.filterwarnings("ignore", f".*({said})", DeprecationWarning)
    for code in programs:
        exec(compile(code, "<sync>", "exec"), {"__name__": "example"})  # noqa: S102 - ours
    for code in programs:
        coroutine = eval(_as_async(code), {"__name__": "example"})  # noqa: S307 - ours
        asyncio.run(coroutine)


def _in_a_child(package: str, programs: list[str]) -> str:
    """Fork, call, and read what the child says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(_SECONDS)
        said = ""
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _call(package, programs)
        except BaseException:  # noqa: BLE001 - any error is the result
            said = traceback.format_exc()
        with os.fdopen(writer, "w") as out:
            out.write(said)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as found:
        said = found.read()
    _, status = os.waitpid(child, 0)
    return said or (f"ended with {status}" if status else "")


def _serve() -> None:
    for name in _HEAVY:
        __import__(name)
    for line in sys.stdin:
        package, programs = json.loads(line)
        sys.stdout.write(json.dumps(_in_a_child(package, programs)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
