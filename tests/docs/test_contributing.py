"""Rules, tables and lengths in README, CONTRIBUTING and docs/dev are true."""

import ast
import json
import re

import pytest

from chessa_tracking.apply.release import TYPES, next_version
from chessa_tracking.diff.changes import Level
from tests.docs.pages import ROOT, read, rows, section

PAGE = read(ROOT / "CONTRIBUTING.md")
CODEGEN = read(ROOT / "docs" / "dev" / "codegen.md")


@pytest.mark.parametrize(("name", "limit"), [("README.md", 900), ("CONTRIBUTING.md", 1000)])
def test_first_pages_are_short(name: str, limit: int) -> None:
    """A newcomer reads them to the end."""
    assert len((ROOT / name).read_text("utf-8").split()) < limit


def test_no_operation_has_a_name_in_the_client() -> None:
    """Outside flows and the sandbox no code of the package names an operation or its method.

    A method that the package defines itself, such as `check`, may be of an operation as well.
    """
    spec = json.loads((ROOT / "generated" / "chessa_api" / "spec.json").read_text("utf-8"))
    names = {
        operation["operationId"]
        for item in spec["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    }
    package = ROOT / "overrides" / "chessa"
    nodes = [
        (path, node)
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] not in ("flows", "testing")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]
    own = {node.name for _, node in nodes if isinstance(node, ast.FunctionDef)}
    methods = {name.partition(".")[2] for name in names} - {"list", "create", "retrieve"}
    found = [
        f"{path}: {said}"
        for path, node in nodes
        for said in (getattr(node, "value", None), getattr(node, "attr", None), _dotted(node))
        if said in names | (methods - own)
    ]
    assert found == []


def _dotted(node: ast.AST) -> str | None:
    """Return `orders.create` of `client.orders.create`."""
    if not isinstance(node, ast.Attribute):
        return None
    owner = node.value
    before = getattr(owner, "attr", None) or getattr(owner, "id", "")
    return f"{before}.{node.attr}"


def test_the_table_of_extensions_is_that_of_the_pipeline() -> None:
    """Each extension that the pipeline names has its row, and each row its extension."""
    named: set[str] = set()
    for path in (ROOT / "scripts" / "chessa_codegen").rglob("*.py"):
        named.update(re.findall(r'"(x-[a-z-]+\w)"', path.read_text("utf-8")))
    shown = {row[1] for row in rows(section(CODEGEN, "Extensions"))[1:]}
    assert {each for each in shown if each.startswith("x-")} == named


def test_the_versions_are_those_of_the_updater() -> None:
    """Each verdict raises the version as its row says; each type of a fragment is named."""
    table = {row[0]: row[2:] for row in rows(section(PAGE, "Versions"))[1:]}
    for level in Level:
        for version, cell in zip(("0.4.5", "4.5.6"), table[level.word], strict=True):
            written = re.sub(
                r"([xyz])(\+1)?", lambda part: str("  xyz".index(part[1]) + 2 + bool(part[2])), cell
            )
            assert next_version(version, level) == (version if level is Level.NONE else written)
    assert set(TYPES.values()) <= {token.content for token in section(PAGE, "Changelog")}
