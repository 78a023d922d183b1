"""The promise of the pipeline: what the vendor adds works after `regenerate.py` alone.

A copy of the vendored document gains an operation under the referrals tag, a field, an enum value
and an error status; the package made from it is used through the unchanged client, over HTTP.
"""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen import regeneration
from chessa_codegen.document import loader
from tests.refs import followed, json_schema

ROOT = Path(__file__).resolve().parents[2]

CREATE_REFERRAL: dict[str, Any] = {
    "tags": ["Referral Endpoints"],
    "summary": "Create Referral",
    "operationId": "createReferral",
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "email": {"type": "string"},
                        "rewardAmount": {"type": "number"},
                    },
                }
            }
        }
    },
    "responses": {
        "201": {
            "description": "Created",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "string"},
                            "rewardAmount": {"type": "number"},
                            "createdAt": {"type": "string"},
                        },
                    }
                }
            },
        },
        "422": {"description": "Not a referral"},
    },
}

# Runs with the new package in front of the old one: a server, and calls through both clients.
PROGRAM = """
    import asyncio, json, sys, threading
    from decimal import Decimal
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    import chessa_api
    from chessa import AsyncChessa, Chessa, NotFoundError, UnprocessableEntityError, models

    assert chessa_api.__file__.startswith(sys.argv[1]), chessa_api.__file__
    seen, replies = [], []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            seen.append((self.path, self.headers["x-client-secret"], body))
            status, reply = replies.pop(0)
            self.send_response(status)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = dict(
        base_url=f"http://127.0.0.1:{server.server_port}",
        client_id="id", client_secret="secret", max_retries=0)
    ORDER = b'{"order": {"id": "1", "status": "paused", "riskScore": 0.10, "createdAt": "x"}}'

    def check(call):
        replies.append((201, b'{"id": "r1", "rewardAmount": 12345678901234567.89,'
                             b' "createdAt": "2025-03-18T06:05:27.754Z", "new": 1}'))
        referral = call(lambda c: c.referrals.create_referral(
            email="ada@example.com", reward_amount=Decimal("12345678901234567.89")))
        assert seen[-1] == ("/v1/referrals", "secret",
            b'{"email":"ada@example.com","rewardAmount":12345678901234567.89}'), seen[-1]
        assert referral.reward_amount == Decimal("12345678901234567.89")
        assert referral.created_at.tzinfo is not None, "the overlay's formats reach new schemas"
        assert referral.additional_properties == {"new": 1}
        replies.append((422, b'{"error": "self_referral", "message": ["no"], "statusCode": 422}'))
        try:
            call(lambda c: c.referrals.create_referral(email="x"))
        except UnprocessableEntityError as error:
            assert error.code == "self_referral" and error.operation == "referrals.create_referral"
        else:
            raise AssertionError("not raised")
        replies.append((200, ORDER))
        order = call(lambda c: c.orders.retrieve("1"))
        assert order.risk_score == Decimal("0.10")
        assert order.status is models.OrderStatus.PAUSED and order.status.is_known
        replies.append((404, b'{"error": "not_found", "message": "no", "statusCode": 404}'))
        try:
            call(lambda c: c.orders.retrieve("2"))
        except NotFoundError as error:
            assert error.code == "not_found"
        else:
            raise AssertionError("not raised")

    with Chessa(**settings) as client:
        check(lambda use: use(client))

    async def main():
        async with AsyncChessa(**settings) as client:
            loop = asyncio.get_running_loop()
            await asyncio.to_thread(check, lambda use: asyncio.run_coroutine_threadsafe(
                use(client), loop).result(10))

    asyncio.run(main())
    server.shutdown()
    server.server_close()
    print("all of it works")
"""


@pytest.fixture
def evolved(tmp_path: Path) -> Path:
    """A copy of the vendored document with four additions."""
    spec = loader.read(ROOT / "spec" / "openapi.yaml")
    (tag,) = CREATE_REFERRAL["tags"]
    if not any(each["name"] == tag for each in spec["tags"]):
        spec["tags"].append({"name": tag})
    spec["paths"]["/v1/referrals"] = {"post": CREATE_REFERRAL}
    retrieve = spec["paths"]["/v1/orders/{orderId}"]["get"]
    envelope = json_schema(spec, retrieve["responses"]["200"])
    order = followed(spec, envelope["properties"]["order"])["properties"]
    order["riskScore"] = {"type": "number"}
    followed(spec, order["status"])["enum"] = ["created", "paused"]
    retrieve["responses"]["404"] = {"description": "No such order"}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return path


def test_additions_work_without_a_hand_edit(evolved: Path, tmp_path: Path) -> None:
    """A new operation, field, enum value and error status work in both clients as they are."""
    output = tmp_path / "generated"
    job = regeneration.Job(spec=evolved, output=output, lock=tmp_path / "lock.json")
    regeneration.regenerate(job)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(PROGRAM), str(output)],
        env={**os.environ, "PYTHONPATH": f"{output}{os.pathsep}{ROOT / 'overrides'}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "all of it works"
