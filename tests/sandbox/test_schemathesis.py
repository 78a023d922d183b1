"""schemathesis against the sandbox over HTTP: examples, coverage, fuzzing, and links followed.

It finds nothing but refusals that the spec cannot express, each listed here with its reason.
`test_every_answer.py` is the short form.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import chessa_api
from chessa.testing import Sandbox, serve
from tests.credentials import ID_HEADER, SECRET_HEADER

ROOT: Final = Path(__file__).resolve().parents[2]
SPEC: Final = Path(chessa_api.__file__).with_name("spec.json")
CHECKS: Final = frozenset(
    {"not_a_server_error", "status_code_conformance", "content_type_conformance"}
    | {"response_headers_conformance", "response_schema_conformance", "negative_data_rejection"}
    | {"positive_data_acceptance", "missing_required_header", "unsupported_method"}
    | {"allow_header_conformance", "use_after_free", "ensure_resource_availability"}
    | {"ignored_auth"}
)
"""All that schemathesis has, but for those that cannot apply: `object_level_authorization` needs a
second user, and `max_response_time` a promise of one."""


@attrs.frozen
class Allowed:
    """A finding that is right of the sandbox: a valid request that it refuses."""

    code: str
    message: str
    reason: str


ALLOWED: Final = (
    Allowed("invalid_refund_request", "", "only an order whose payout failed, and only once"),
    Allowed("validation_error", "it cannot be funded again", "a quote is accepted once"),
    Allowed("validation_error", "quote of the order has expired", "a quote is good for a time"),
    Allowed("validation_error", "recipient was deactivated", "it is not paid any more"),
    Allowed(
        "validation_error",
        r"body\.\w+: is (required|needed)|cannot be paid without",
        "what is needed depends on the rest, and the vendor's schema requires nothing",
    ),
    Allowed(
        "validation_error",
        "one of originAmount and destinationAmount",
        "x-mutually-exclusive, which no schema can say",
    ),
    Allowed(
        "validation_error",
        "the recipient is paid in|there is no rate",
        "an order fits its recipient, and the rates that there are",
    ),
    Allowed(
        "validation_error",
        "an amount of more than zero|The amount is (above|below) the",
        "amounts are limited in the configurations, not in the schema",
    ),
    Allowed("validation_error", "address: must not be blank", "the schema allows any text"),
)


@attrs.frozen
class FailedCheck:
    """A check that failed, and its response."""

    check: str
    operation: str
    status: int
    body: Any

    @property
    def is_allowed(self) -> bool:
        """True if it is listed."""
        return (
            self.check == "positive_data_acceptance"
            and self.status == 400
            and any(
                row.code == self.body["error"] and re.search(row.message, str(self.body["message"]))
                for row in ALLOWED
            )
        )


@attrs.frozen
class Report:
    """The checks and findings of schemathesis."""

    checks: Counter[str]
    findings: list[FailedCheck]
    transitions: int
    """Requests that were made from the response to another one."""


def read_report(folder: Path) -> Report:
    """Read the events that schemathesis wrote."""
    checks: Counter[str] = Counter()
    findings: list[FailedCheck] = []
    transitions = 0
    for recorder in _recorders(folder):
        transitions += sum(each["is_transition_applied"] for each in recorder["cases"].values())
        for case, results in recorder["checks"].items():
            for result in results:
                checks[result["name"]] += 1
                if result["status"] != "success":
                    findings.append(_finding(recorder, case, result["name"]))
    return Report(checks, findings, transitions)


def _recorders(folder: Path) -> Iterator[dict[str, Any]]:
    (path,) = folder.glob("*.ndjson")
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        recorder = event.get("ScenarioFinished", {}).get("recorder", {})
        if "cases" in recorder:
            yield recorder


def _finding(recorder: dict[str, Any], case: str, check: str) -> FailedCheck:
    response = recorder["interactions"][case]["response"]
    body = json.loads(base64.b64decode(response["content"]["$base64"]))
    request = recorder["cases"][case]["value"]
    return FailedCheck(
        check, f"{request['method']} {request['path']}", response["status_code"], body
    )


def run(api: Sandbox, folder: Path, examples: int) -> Report:
    """Run schemathesis on a sandbox."""
    with serve(api) as url:
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(SPEC)]
        options = {
            "--url": url,
            "--checks": ",".join(sorted(CHECKS)),
            "--phases": "examples,coverage,fuzzing,stateful",
            "--max-examples": str(examples),
            "--seed": "1",
            "--report": "ndjson",
            "--report-dir": str(folder),
        }
        credentials = (f"{ID_HEADER}: {api.client_id}", f"{SECRET_HEADER}: {api.client_secret}")
        command += [part for header in credentials for part in ("-H", header)]
        command += [part for pair in options.items() for part in pair]
        done = subprocess.run(
            [*command, "--continue-on-failure", "--no-color"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "scripts"))),
                "SCHEMATHESIS_HOOKS": "tests.property.synthetic",  # formats of the vendor's
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return read_report(folder)


@pytest.mark.parametrize(
    "examples",
    [pytest.param(5, marks=pytest.mark.ci), pytest.param(100, marks=pytest.mark.nightly)],
    ids=lambda number: f"{number}",
)
def test_schemathesis_finds_nothing_but_what_is_listed(examples: int, tmp_path: Path) -> None:
    """Every check that applies is made, links are followed, and all that is found is listed."""
    api = Sandbox()
    for _ in range(3):
        api.add_order().fund().fail()
        api.add_order()
    report = run(api, tmp_path, examples)
    assert [each for each in report.findings if not each.is_allowed] == []
    assert set(report.checks) >= CHECKS
    assert report.transitions >= 5
    assert {request.operation for request in api.requests} >= {
        operation.name for operation in api.backend.spec.operations
    }
