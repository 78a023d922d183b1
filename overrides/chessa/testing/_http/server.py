"""The sandbox over HTTP: keep-alive, and connections that can be lost.

aiohttp serves it: it can drop a connection without a response, and a connection that waits costs no
thread.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Collection, Generator, Mapping
from typing import Final

from aiohttp import web

from .._errors import Problem, SandboxError, invalid
from .._sandbox import Sandbox
from .backend import Backend, Delivery, refused
from .control import PREFIX, control
from .guard import allowed_hosts, check_host, check_sender
from .page import EVENTS

HOST: Final = "127.0.0.1"
LONGEST_BODY: Final = 2**20
LONGEST_COMMAND: Final = 2**28
"""Of a snapshot."""
_LOGGER: Final = logging.getLogger("chessa.testing")
_HTTP_LOGGER: Final = logging.getLogger("chessa.testing.http")
_HTTP_LOGGER.addHandler(logging.NullHandler())  # what clients send is not an error of ours
_TURNS_TO_ACCEPT: Final = 3
"""Turns of the event loop that make an accepted connection one of the server's."""
_SECONDS_TO_END: Final = 0.1
_LOOK_EVERY: Final = 0.1
_BEAT_EVERY: Final = 15.0

Ready = Callable[[str], None]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@contextlib.contextmanager
def serve(
    api: Sandbox | None = None,
    *,
    port: int = 0,
    host: str = HOST,
    allow_hosts: Collection[str] = (),
) -> Generator[str]:
    """Serve a sandbox over HTTP, in a thread: `with serve(api) as url:`.

    Its page is at `/_sandbox/`.

    Args:
        api: The sandbox. Default: a new one.
        port: Default: any that is free.
        host: The address to listen on. Default: this machine only.
        allow_hosts: Further names that requests may call it by, in the header `Host`.

    Yields the URL, for `Chessa(base_url=url, …)`. Raises `OSError` when the port is taken, and
    `SandboxError` at the end if a response of the sandbox broke the spec.
    """
    served = api or Sandbox()
    stopping = asyncio.Event()
    started: concurrent.futures.Future[tuple[str, asyncio.AbstractEventLoop]]
    started = concurrent.futures.Future()

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def ready(url: str) -> None:
            started.set_result((url, loop))

        await serve_until(stopping, served, port, ready, host=host, allow_hosts=allow_hosts)

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001  # raised where the server was asked for
            if not started.done():
                started.set_exception(error)

    thread = threading.Thread(target=work, name="chessa-sandbox", daemon=True)
    thread.start()
    url, loop = started.result()
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
    served.check()


async def serve_until(
    stopping: asyncio.Event,
    api: Sandbox,
    port: int,
    ready: Ready,
    *,
    host: str = HOST,
    allow_hosts: Collection[str] = (),
) -> None:
    """Serve until the event is set. Raises `OSError` when the port is taken."""
    handler = _handler(api, stopping, host, allowed_hosts(host, allow_hosts))
    server = web.Server(handler, access_log=None, logger=_HTTP_LOGGER)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, host, port)
    try:
        ready(_url(host, listening.sockets[0].getsockname()[1]))
        await stopping.wait()
    finally:
        # asyncio leaves a connection open that it accepts as its server closes.
        for each in listening.sockets:
            with contextlib.suppress(NotImplementedError):  # on Windows
                loop.remove_reader(each.fileno())
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        listening.close()
        server.pre_shutdown()
        await server.shutdown(_SECONDS_TO_END)


def _url(host: str, port: int) -> str:
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # is not bound
    return f"http://{f'[{named}]' if ':' in named else named}:{port}"


def _handler(api: Sandbox, stopping: asyncio.Event, host: str, allowed: Collection[str]) -> Handler:
    backend = api.backend

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        target = request.raw_path
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = target.partition("?")[0]
        is_command = path == PREFIX or path.startswith(f"{PREFIX}/")
        try:
            check_host(headers.get("host", ""), allowed, bound=host)
            if not is_command:
                check_sender(headers)
            body = await _body(request, LONGEST_COMMAND if is_command else LONGEST_BODY)
        except Problem as problem:
            return _response(refused(problem))
        except OSError:
            return _lost(request)  # the client closed the connection before it had sent everything
        if target == EVENTS and request.method == "GET":
            return await _events(api, request, stopping)
        if is_command:
            return _response(_command(api, request.method, target, headers, body))
        delivery = _answer(backend, request, target, body)
        await asyncio.sleep(delivery.delay)
        if delivery.is_truncated:
            return await _truncated(request, delivery)
        return _lost(request) if delivery.status is None else _response(delivery)

    return handle


async def _body(request: web.BaseRequest, most: int) -> bytes:
    """Return the body. Raises a `Problem` for a longer one, `OSError` for an incomplete one."""
    parts: list[bytes] = []
    size = 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > most:
            raise invalid(f"body: is longer than {most // 2**20} MiB")
        parts.append(part)
    return b"".join(parts)


async def _events(
    api: Sandbox, request: web.BaseRequest, stopping: asyncio.Event
) -> web.StreamResponse:
    """Send the version of the state whenever it is another one (server-sent events)."""
    headers = {"content-type": "text/event-stream", "cache-control": "no-store"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    state = api.backend.state
    version, silent = -1, 0.0
    while not stopping.is_set():
        state.catch_up()
        if state.version != version or silent >= _BEAT_EVERY:
            version, silent = state.version, 0.0
            try:
                await response.write(f"data: {version}\n\n".encode("ascii"))
            except OSError:
                break  # the page was closed
        await asyncio.sleep(_LOOK_EVERY)
        silent += _LOOK_EVERY
    return response


def _command(
    api: Sandbox, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Delivery:
    try:
        return control(api, method, target, headers, body)
    except Exception as error:  # noqa: BLE001  # raised by `check`, as every defect of the sandbox
        bug = SandboxError(f"the sandbox failed at {method} {target.partition('?')[0]}: {error!r}")
        api.backend.bugs.append(bug)
        return _defect(bug)


def _defect(error: SandboxError) -> Delivery:
    _LOGGER.error("%s", error)
    return refused(Problem(500, "sandbox_error", str(error)))


def _answer(backend: Backend, request: web.BaseRequest, target: str, body: bytes) -> Delivery:
    headers = [(name, value) for name, value in request.headers.items()]
    try:
        return backend.answer(request.method, target, headers, body)
    except SandboxError as error:
        return _defect(error)


def _response(delivery: Delivery) -> web.Response:
    return web.Response(status=delivery.status or 500, headers=delivery.headers, body=delivery.body)


async def _truncated(request: web.BaseRequest, delivery: Delivery) -> web.StreamResponse:
    """Send the headers of the complete body and half of it, and close the connection."""
    response = web.StreamResponse(status=delivery.status or 500, headers=delivery.headers)
    response.content_length = len(delivery.body)
    await response.prepare(request)
    await response.write(delivery.body[: len(delivery.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _lost(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()  # never sent
