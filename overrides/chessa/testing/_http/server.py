"""The sandbox over HTTP, on loopback only: keep-alive, and connections that can be lost.

aiohttp serves it: it can drop a connection without a response, and a connection that waits costs no
thread.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Generator
from typing import Final

from aiohttp import web

from .._errors import Problem, SandboxError, invalid
from .._sandbox import Sandbox
from .backend import Backend, Delivery, refused
from .control import PREFIX, control

HOST: Final = "127.0.0.1"
_LOGGER: Final = logging.getLogger("chessa.testing")
_HTTP_LOGGER: Final = logging.getLogger("chessa.testing.http")
_HTTP_LOGGER.addHandler(logging.NullHandler())  # what clients send is not an error of ours

Ready = Callable[[str], None]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@contextlib.contextmanager
def serve(api: Sandbox | None = None, *, port: int = 0) -> Generator[str]:
    """Serve a sandbox over HTTP on 127.0.0.1, in a thread: `with serve(api) as url:`.

    Args:
        api: The sandbox. Default: a new one.
        port: Default: any that is free.

    Yields the URL, for `Chessa(base_url=url, …)`. Raises `OSError` when the port is taken, and
    `SandboxError` at the end if a response of the sandbox broke the spec.
    """
    served = api or Sandbox()
    stopping = asyncio.Event()
    started: concurrent.futures.Future[tuple[str, asyncio.AbstractEventLoop]]
    started = concurrent.futures.Future()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        await serve_until(stopping, served, port, lambda url: started.set_result((url, loop)))

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


async def serve_until(stopping: asyncio.Event, api: Sandbox, port: int, ready: Ready) -> None:
    """Serve until the event is set. Raises `OSError` when the port is taken."""
    server = web.Server(_handler(api), access_log=None, logger=_HTTP_LOGGER)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        ready(f"http://{HOST}:{runner.addresses[0][1]}")
        await stopping.wait()
    finally:
        await runner.cleanup()


def _handler(api: Sandbox) -> Handler:
    backend = api.backend

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _response(refused(invalid("body: is longer than 1 MiB")))
        except OSError:
            return _lost(request)  # the client closed the connection before it had sent everything
        target = request.raw_path
        if target.startswith(PREFIX):
            return _response(control(api, request.method, target))
        delivery = _answer(backend, request, target, body)
        await asyncio.sleep(delivery.delay)
        return _lost(request) if delivery.status is None else _response(delivery)

    return handle


def _answer(backend: Backend, request: web.BaseRequest, target: str, body: bytes) -> Delivery:
    headers = [(name, value) for name, value in request.headers.items()]
    try:
        return backend.answer(request.method, target, headers, body)
    except SandboxError as error:
        _LOGGER.error("%s", error)
        return refused(Problem(500, "sandbox_error", str(error)))


def _response(delivery: Delivery) -> web.Response:
    return web.Response(status=delivery.status or 500, headers=delivery.headers, body=delivery.body)


def _lost(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()  # never sent
