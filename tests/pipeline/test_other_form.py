"""The tests of this folder and of the others hold as well when the vendored form is another one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_tracking.apply import update
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from chessa_tracking.report import answers
from tests.pipeline.frameworks import ROOT, STYLES, document
from tests.refs import json_schema
from tests.tracking.trees import IGNORED, no_proof

REQUIRED: Final = {
    "/v1/orders": ("destinationAsset", "originAsset", "recipientId"),
    "/v1/recipients": ("accountName", "accountNumber", "country", "currency", "type"),
}
"""The members of the bodies that are sent to a path."""
HEALTH: Final = {
    "operationId": "HealthController_check",
    "tags": ["Health"],
    "responses": {"200": {"description": ""}},
}
CHOSEN: Final = (
    *("cli/test_operations.py", "docs/test_blocks.py", "docs/test_contributing.py"),
    *("docs/test_following.py", "docs/test_new_operations.py", "docs/test_reference.py"),
    *("docs/test_words.py", "flows", "models", "once/test_what_is_kept.py"),
    *("pipeline/test_evolution.py", "pipeline/test_evolution_cases.py", "sandbox/test_orders.py"),
    *("pipeline/test_frameworks.py", "sandbox/test_every_answer.py", "sandbox/test_requests.py"),
    *("sandbox/test_other_operations.py", "sandbox/test_use.py", "telemetry/test_draft.py"),
    *("tracking/test_gathering.py", "tracking/test_judging.py", "tracking/test_merging.py"),
    *("tracking/test_update.py", "tracking/test_waiting.py", "typing/test_users_code.py"),
    *("unit/test_exactness.py", "unit/test_models.py", "unit/test_surface.py"),
)
"""Those that would name what only one form has: complete arguments, spellings, counts, places."""


def demanding() -> dict[str, Any]:
    """Return the form of a framework whose bodies require most, with operations of its own.

    A recipient has only what fits its kind, and what feedback is about may be left out.
    """
    whole = document(STYLES["nestjs"])
    for path, keys in REQUIRED.items():
        body = json_schema(whole, whole["paths"][path]["post"]["requestBody"])
        body["required"] = [*keys]
    schemas = whole["components"]["schemas"]
    del schemas["FeedbackMetadataDto"]["required"]
    schemas["RecipientDto"]["required"] = ["id", "active"]
    whole["paths"] |= {"/": {"get": {**HEALTH, "tags": ["App"]}}, "/health": {"get": HEALTH}}
    whole["paths"]["/"]["get"]["operationId"] = "AppController_getHello"
    return whole


@pytest.mark.nightly
def test_the_tests_hold_in_another_form(tmp_path: Path) -> None:
    """After the update with what it asks for pasted, tests pass without an edit by hand."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=IGNORED)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(demanding()), encoding="utf-8")
    source, accepted = open_source(str(path)), frozenset({"security"})
    found = update.look(tree, source, Decisions(), accepted)
    if pasted := answers.lines(found):
        overlay = tree / "spec" / "overlay.yaml"
        text = overlay.read_text(encoding="utf-8")
        overlay.write_text("\n".join([text.rstrip(), *pasted, ""]), encoding="utf-8")
        found = update.look(tree, source, Decisions(), accepted)
    assert found.questions == []
    assert found.judgement.verdict.word == "major"
    update.carry_out(tree, found, no_proof)
    words = ("-q", "--no-header", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *(f"tests/{name}" for name in CHOSEN)],
        cwd=tree,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:]
