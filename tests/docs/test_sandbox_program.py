"""The commands of `docs/sandbox.md`, run as a developer without Python runs them: with curl."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from chessa.testing import Clock, sandbox, serve
from chessa.testing._http.commands import COMMANDS
from tests.docs.pages import ROOT, read, rows

PAGE: Final = ROOT / "docs" / "sandbox.md"


def shell_blocks() -> list[str]:
    """Return the fenced blocks of shell, in order."""
    return [each.content for each in read(PAGE) if each.type == "fence" and each.info == "sh"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_curl_does_what_the_page_says(tmp_path: Path) -> None:
    """One after the other against one sandbox: each succeeds, and the state is as described."""
    with sandbox(clock=Clock(running=True)) as api, serve(api) as url:
        for block in shell_blocks():
            for line in block.strip().splitlines():
                order_id = next(iter(api.orders), "ORDER_ID")
                line = line.replace("http://localhost:8080", url).replace("ORDER_ID", order_id)
                command = ["sh", "-euc", line.replace("curl ", "curl -fsS ", 1)]
                done = subprocess.run(
                    command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
                )
                assert done.returncode == 0, (line, done.stderr)
                assert " -o " in line or json.loads(done.stdout), line
            if "request-refund" in block:
                assert [each.fault for each in api.requests] == ["lose"]
                assert [each.address for each in api.refunds] == ["bc1qexample"]
                assert len(api.orders) == 1
        assert (api.mistakes.paid_twice, len(api.orders), api.waiting_faults) == (1, 1, ())


def test_the_table_of_the_page_is_that_of_the_program() -> None:
    """Every command that changes something has a row, with all of its options."""
    described: dict[str, set[str]] = {}
    for names, options in [row for row in rows(read(PAGE)) if len(row) == 2][1:]:
        first, *others = re.split(r", ", names)
        folder = f"{first.rpartition('/')[0]}/" if "/" in first else ""
        for name in (first, *(f"{folder}{other}" for other in others)):
            found = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", options.partition(";")[0]))
            described[name.replace("ORDER_ID", "{order_id}")] = found
    described["restore"] = set()
    offered = {each.path: set(each.options) for each in COMMANDS if each.method == "POST"}
    assert described == offered
