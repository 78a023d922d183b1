"""The tools that respond in place of a server, each behind one interface.

Each mocks every request to one origin, with a response or with an exception, and tells which
requests it saw.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs
import httpx
import pytest
import respx
import vcr

from .calls import CALLS, Mode

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

Reply: TypeAlias = tuple[int, dict[str, Any]] | Exception


@attrs.frozen
class Mocked:
    """A mock at work."""

    settings: dict[str, Any]
    """What the client is made with, `http_client` excepted."""
    count: Callable[[], int]
    """How many requests the tool has seen."""
    requests: Callable[[], list[Any]]
    """What the tool has kept of them."""
    http_client: Callable[[Mode], Any] | None = None


@attrs.frozen
class Respx:
    """respx, which replaces httpcore's pool, or the transports of httpx's clients."""

    using: str
    may_keep_credentials: bool
    """Whether the requests that it keeps may have the credentials, which are added below httpx."""
    raises: bool = True
    """Whether it can raise in place of a response."""

    @property
    def name(self) -> str:
        """The mode is part of it."""
        return f"respx-{self.using}"

    @contextlib.contextmanager
    def mocking(
        self, url: str, reply: Reply, request: pytest.FixtureRequest, folder: Path
    ) -> Iterator[Mocked]:
        """Route everything under the origin."""
        with respx.mock(assert_all_called=False, using=self.using) as router:
            route = router.route(url__startswith=url)
            if isinstance(reply, Exception):
                route.mock(side_effect=reply)
            else:
                route.mock(return_value=httpx.Response(reply[0], json=reply[1]))
            yield Mocked(
                settings={"base_url": url},
                count=lambda: len(router.calls),
                requests=lambda: [each.request.headers.raw for each in router.calls],
                http_client=Mode.http_client if self.using == "httpx" else None,
            )


@attrs.frozen
class PytestHttpx:
    """pytest-httpx, which replaces the method that sends in httpx's transports."""

    name: str = "pytest-httpx"
    may_keep_credentials: bool = False
    raises: bool = True

    @contextlib.contextmanager
    def mocking(
        self, url: str, reply: Reply, request: pytest.FixtureRequest, folder: Path
    ) -> Iterator[Mocked]:
        """Ask for the fixture here, so that no other tool's test has it."""
        request.node.add_marker(
            pytest.mark.httpx_mock(
                assert_all_responses_were_requested=False,
                assert_all_requests_were_expected=False,
                can_send_already_matched_responses=True,
            )
        )
        httpx_mock: HTTPXMock = request.getfixturevalue("httpx_mock")
        for each in CALLS:
            if isinstance(reply, Exception):
                httpx_mock.add_exception(reply, url=url + each.path)
            else:
                httpx_mock.add_response(reply[0], json=reply[1], url=url + each.path)
        yield Mocked(
            settings={"base_url": url},
            count=lambda: len(httpx_mock.get_requests()),
            requests=lambda: [each.headers.raw for each in httpx_mock.get_requests()],
        )


@attrs.frozen
class Vcr:
    """vcrpy, which records what httpx's transports send, and replays it."""

    name: str = "vcrpy"
    may_keep_credentials: bool = False
    raises: bool = False

    @contextlib.contextmanager
    def mocking(
        self, url: str, reply: Reply, request: pytest.FixtureRequest, folder: Path
    ) -> Iterator[Mocked]:
        """Replay a cassette that is written here."""
        assert not isinstance(reply, Exception)
        path = folder / "cassette.json"
        path.write_text(json.dumps(cassette(url, *reply)), encoding="utf-8")
        seen: list[Any] = []

        def keep(recorded: Any) -> Any:
            seen.append(dict(recorded.headers))
            return recorded

        tool = vcr.VCR(serializer="json", record_mode=vcr.mode.NONE, before_record_request=keep)
        with tool.use_cassette(str(path), allow_playback_repeats=True) as tape:
            yield Mocked(
                settings={"base_url": url}, count=lambda: tape.play_count, requests=lambda: seen
            )


def cassette(url: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return a cassette that holds one response for every call."""
    response = {
        "status": {"code": status, "message": ""},
        "headers": {"content-type": ["application/json"]},
        "body": {"string": json.dumps(body)},
    }
    interactions = [
        {
            "request": {"method": each.method, "uri": url + each.path, "body": "", "headers": {}},
            "response": response,
        }
        for each in CALLS
    ]
    return {"version": 1, "interactions": interactions}


Tool: TypeAlias = Respx | PytestHttpx | Vcr
TOOLS: Final[tuple[Tool, ...]] = (
    Respx("httpcore", may_keep_credentials=True),
    Respx("httpx", may_keep_credentials=False),
    PytestHttpx(),
    Vcr(),
)
