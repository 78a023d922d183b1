"""A patch is what callers do not notice: the code is the same but for its docstrings."""

import ast
import copy
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chessa_codegen.errors import SpecError
from chessa_codegen.ir.names import Names
from chessa_codegen.python import render
from chessa_codegen.regeneration import ROOT, effective_document, settled
from chessa_tracking.api_diff.package import compare_packages
from chessa_tracking.diff.changes import Level, verdict
from chessa_tracking.diff.openapi import compare
from tests.tracking.base import BASE
from tests.tracking.test_nothing_in_silence import edit

_HASH: Final = re.compile("[0-9a-f]{64}")


def written(document: Mapping[str, Any], folder: Path, names: Names | None = None) -> Names:
    """Write the package of a document as the generator leaves it; the names that it has."""
    found = settled(effective_document(document, None), names)
    render.render(found.plan, found.document, folder, ROOT / "generator-config.yaml")
    return found.plan.names.kept()


class Bare(ast.NodeTransformer):
    """Takes out docstrings."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Drop a text that stands by itself."""
        return None if isinstance(node.value, ast.Constant) else node


def code(folder: Path) -> dict[str, str]:
    """Every module without docstrings and without the hash of the document."""
    return {
        path.relative_to(folder).as_posix(): ast.dump(
            Bare().visit(ast.parse(_HASH.sub("", path.read_text(encoding="utf-8"))))
        )
        for path in folder.rglob("*.py")
    }


@pytest.mark.parametrize(
    "examples", [15, pytest.param(1500, marks=pytest.mark.nightly)], ids=["some", "many"]
)
def test_a_patch_changes_no_code(examples: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An edit at any place is more than a patch, a refusal, or leaves the code as it was."""
    old = tmp_path_factory.mktemp("old") / "chessa_api"
    names = written(BASE, old)

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(st.randoms(use_true_random=False))
    def holds(draw: random.Random) -> None:
        document = copy.deepcopy(BASE)
        done = edit(document, draw)
        folder = tmp_path_factory.mktemp("new") / "chessa_api"
        try:
            changes = compare(BASE, document)
            if verdict(changes) > Level.PATCH:
                return
            written(document, folder, names)
        except SpecError:  # unsafe, or a reference that leads nowhere
            return
        if verdict(compare_packages(old, folder)) <= Level.PATCH:
            assert code(folder) == code(old), (done, changes)

    holds()
