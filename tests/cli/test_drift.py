"""`chessa drift`: from snapshots of clients to a draft that regenerate takes, and to questions."""

import json
from pathlib import Path
from typing import Any

import pytest

from chessa.testing import Sandbox, sandbox
from chessa_codegen.document import yaml
from chessa_codegen.overlay.apply import parse
from tests.cli.conftest import chessa


def snapshot(path: Path, api: Sandbox, put: dict[str, Any]) -> Path:
    """Write what a client has seen of an order that drifted."""
    order = api.add_order()
    api.drift("orders.retrieve", put=put)
    with api.client() as client:
        client.orders.retrieve(order.id)
        client.drift.write(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The snapshots of two workers: a new field, and one that was documented otherwise."""
    with sandbox() as api:
        first = snapshot(tmp_path / "1.json", api, put={"/order/refundFee": "0.10"})
    with sandbox() as api:
        changed = {"/order/refundFee": "0.20", "/order/feeUsd": {}}
        return [first, snapshot(tmp_path / "2.json", api, put=changed)]


def test_snapshots_become_a_draft_and_questions(files: list[Path]) -> None:
    """The draft is on stdout alone and is an overlay; the questions are on stderr."""
    done = chessa("drift", *files)
    assert done.returncode == 0
    overlay = yaml.parse(done.stdout.encode(), "draft.yaml")
    parse(overlay)
    assert [action["target"] for action in overlay["actions"]] == ["$..[?@.title == 'Order']"]
    assert "2 places" in done.stderr
    assert "`/order/feeUsd`: It is documented otherwise" in done.stderr
    assert "0.10" not in done.stdout + done.stderr


def test_questions_and_places_by_themselves(files: list[Path]) -> None:
    """The questions are Markdown, the places JSON with the counts of all files."""
    assert chessa("drift", "--questions", *files).stdout.startswith("# Questions to the vendor\n")
    places = json.loads(chessa("drift", "--json", *files).stdout)
    assert {(each["pointer"], each["kind"], each["count"]) for each in places} == {
        ("/order/refundFee", "unknown key", 2),
        ("/order/feeUsd", "misfit", 1),
    }


def test_what_is_not_a_snapshot_is_named(tmp_path: Path) -> None:
    """A missing file and a file of something else are usage errors, without a traceback."""
    other = tmp_path / "other.json"
    other.write_text("[]", encoding="utf-8")
    for words in ((other,), (tmp_path / "missing.json",), ()):
        done = chessa("drift", *words)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert all(str(word) in done.stderr for word in words)
