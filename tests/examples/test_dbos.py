"""`examples/dbos_app.py`, killed and recovered."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.marks import needs

from .vendor import ADDRESS, PATIENCE, REFERENCE, ROOT, Vendor, vendor

pytestmark = [needs("dbos"), pytest.mark.ci, pytest.mark.untraced]

PROGRAM: Final = ROOT / "examples/dbos_app.py"


def run(folder: Path, api: Vendor, database: str) -> "subprocess.CompletedProcess[str]":
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, str(PROGRAM), REFERENCE, api.order_id, ADDRESS],
        cwd=folder,
        env=api.environment(DBOS_SYSTEM_DATABASE_URL=database),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    "dialect", ["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)]
)
def test_a_recovered_step_sends_nothing_again(
    tmp_path: Path, dialect: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies with its refund sent; DBOS runs the step again, and it has the result."""
    ledger = queue = f"sqlite:///{tmp_path / 'ledger.db'}"
    if dialect == "sqlite":
        queue = f"sqlite:///{tmp_path / 'dbos.db'}"
    else:
        server = request.getfixturevalue("postgres")
        ledger, queue = server.database().url, server.url
    with vendor(ledger, monkeypatch, kills=1) as api:
        killed = run(tmp_path, api, queue)
        assert killed.returncode == -9, killed.stderr
        again = run(tmp_path, api, queue)
        assert "'refunded'" in again.stdout, again.stderr
        assert (len(api.killed), api.posts, len(api.api.refunds)) == (1, 1, 1)
