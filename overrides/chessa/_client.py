"""The clients. `Chessa` and `AsyncChessa` differ in how they send and in nothing else.

A private object performs their calls, so that the public surface is resources, `with_options` and
closing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NoReturn, Self, TypeVar

import attrs

from chessa_api.client import AsyncResources, Resources
from chessa_api.operation import Operation, RawResponse
from chessa_api.types import UNSET, Unset

from ._call.machine import Call, CallPlan, Result
from ._call.request import RequestBase
from ._call.retry import Quota
from ._call.sync import perform
from ._config import MAX_RESPONSE_BYTES, MAX_RETRIES, read_settings
from ._credentials import AsyncClientSecret, ClientSecret, CredentialSource, from_settings, hide
from ._errors import ConfigurationError, NotSentError
from ._hooks import Hooks, Progress
from ._hooks import check as check_hooks
from ._options import ExtraQuery, Options
from ._supplied import check_supplied
from ._undocumented import AsyncUndocumented, Undocumented
from .journal._records import check as check_journal
from .journal._records import is_ledger
from .telemetry._settings import check as check_telemetry

if TYPE_CHECKING:
    import ssl

    # Named in strings, of which ruff knows annotations only.
    from ._transport.library import httpx  # noqa: F401
    from ._transport.pools import (
        AsyncConnections,
        AsyncTransport,  # noqa: F401
        Connections,
        Transport,  # noqa: F401
    )
    from .journal._claims import Ledger  # noqa: F401
    from .journal._records import AsyncJournal, Journal  # noqa: F401
    from .telemetry._places import Drift
    from .telemetry._settings import Telemetry

T = TypeVar("T")
_C = TypeVar("_C", "Connections", "AsyncConnections")
SecretT = TypeVar("SecretT")
TransportT = TypeVar("TransportT")
ClientT = TypeVar("ClientT")
JournalT = TypeVar("JournalT")


@attrs.define
class _Core(Generic[_C]):
    """A client's state: what its calls share, its credentials and its connections."""

    plan: CallPlan
    source: CredentialSource
    connections: _C
    is_closed: bool = False

    def begin(self, operation: Operation[T]) -> Call[T]:
        if self.is_closed or self.connections.is_closed:
            raise NotSentError(
                f"{operation.name} was not sent: the client is closed. Make a new one.",
                operation=operation.name,
                cause="ClientClosedError",
            )
        return Call(operation, self.plan)

    def with_options(self, options: Options) -> "_Core[_C]":
        return attrs.evolve(self, plan=self.plan.with_options(options))


class _Performer:
    def __init__(self, core: "_Core[Connections]") -> None:
        self._core = core

    def __repr__(self) -> str:
        return f"Chessa(base_url={self._core.plan.settings.base_url!r})"

    def perform(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T:
        return self._run(operation, arguments).parsed

    def perform_raw(
        self, operation: Operation[T], arguments: Mapping[str, object], /
    ) -> RawResponse[T]:
        return self._run(operation, arguments).raw()

    def _run(self, operation: Operation[T], arguments: Mapping[str, object]) -> Result[T]:
        core = self._core
        call = core.begin(operation)
        return perform(call, arguments, core.source, core.connections)


class _AsyncPerformer:
    def __init__(self, core: "_Core[AsyncConnections]") -> None:
        from ._call.asyncio import perform_async

        self._core = core
        self._perform = perform_async

    def __repr__(self) -> str:
        return f"AsyncChessa(base_url={self._core.plan.settings.base_url!r})"

    async def perform(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T:
        return (await self._run(operation, arguments)).parsed

    async def perform_raw(
        self, operation: Operation[T], arguments: Mapping[str, object], /
    ) -> RawResponse[T]:
        return (await self._run(operation, arguments)).raw()

    async def _run(self, operation: Operation[T], arguments: Mapping[str, object]) -> Result[T]:
        core = self._core
        call = core.begin(operation)
        return await self._perform(call, arguments, core.source, core.connections)


def _is_ssl_context(value: object) -> bool:
    import ssl

    return isinstance(value, ssl.SSLContext)


class _Client(Generic[_C, SecretT, TransportT, ClientT, JournalT]):
    """The arguments and options of both clients."""

    _mode: ClassVar[Literal["sync", "async"]]
    _core: "_Core[_C]"
    _is_copy = False

    def __init__(
        self,
        *,
        client_id: SecretT | None = None,
        client_secret: SecretT | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        max_retries: int = MAX_RETRIES,
        proxy: str | None = None,
        ssl_context: "ssl.SSLContext | None" = None,
        transport: TransportT | None = None,
        http_client: ClientT | None = None,
        trust_env: bool = False,
        hooks: Hooks | None = None,
        journal: JournalT | None = None,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        allow_http: bool = False,
        telemetry: "Telemetry | bool" = True,
    ) -> None:
        hidden = [hide(each) for each in (client_id, client_secret, base_url, proxy)]
        del client_id, client_secret, base_url, proxy  # a traceback prints what its frames hold
        settings = read_settings(
            base_url=hidden[2],
            proxy=hidden[3],
            trust_env=trust_env,
            max_response_bytes=max_response_bytes,
            allow_http=allow_http,
            own_transport=transport is not None or http_client is not None,
        )
        if ssl_context is not None and not _is_ssl_context(ssl_context):
            raise ConfigurationError("ssl_context must be an ssl.SSLContext.")
        may_await = self._mode == "async"
        check_supplied(transport, http_client, mode=self._mode, proxy=hidden[3], tls=ssl_context)
        options = Options().merge(timeout=timeout, max_retries=max_retries)
        plan = CallPlan(
            settings,
            options,
            RequestBase.of(settings, options),
            Quota(),
            check_hooks(hooks, may_await=may_await),
            check_journal(journal, may_await=may_await),
            check_telemetry(telemetry),
        )
        source = from_settings(hidden[0], hidden[1])
        connections = self._connect(settings, ssl_context, transport, http_client)
        self._adopt(_Core(plan, source, connections))

    def _connect(self, *arguments: Any) -> _C:
        raise NotImplementedError

    def _adopt(self, core: "_Core[_C]") -> None:
        raise NotImplementedError

    def with_options(
        self,
        *,
        timeout: float | Unset | None = UNSET,
        max_retries: int | Unset = UNSET,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: ExtraQuery | None = None,
        extra_body: Mapping[str, Any] | None = None,
        reference: str | Unset | None = UNSET,
        once: bool | Unset = UNSET,
        retry_rejected: bool | Unset = UNSET,
        progress: Progress | Unset | None = UNSET,
    ) -> Self:
        """Return a client with other options on the same connections; this one is unchanged.

        Extra headers, query parameters and members of the JSON body are added to every request of
        the copy. They cannot replace what a call gives: that is an `InvalidRequestError`. The
        reference is your own name for the call, 200 characters at most: it is not sent, and is
        kept in the records of the journal. With `once`, and `retry_rejected`, see `once`.
        `progress` is called, as a file is sent or a response saved, with the bytes so far and
        those in all (None if not known); an exception of it is logged.

        Raises `ConfigurationError` (NOT_SENT) for an option that cannot be used.
        """
        options = self._core.plan.options.merge(
            timeout=timeout,
            max_retries=max_retries,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            reference=reference,
            once=once,
            retry_rejected=retry_rejected,
            progress=progress,
        )
        if options.once and not is_ledger(self._core.plan.journal):
            raise ConfigurationError("once needs a journal that claims: journal=SqlJournal(…).")
        copy = type(self).__new__(type(self))
        copy._is_copy = True
        copy._adopt(self._core.with_options(options))
        return copy

    def once(self, reference: str, *, retry_rejected: bool = False) -> Self:
        """Return a client whose writes are sent at most once for a reference, from any process.

        The journal, a `SqlJournal`, has one entry for each operation and reference, committed
        before the first byte. The next call with the same reference and arguments sends nothing:
        it returns the first one's result, or raises what is known of it. Only after NOT_SENT does
        it send. Where the overlay says that there is one such write for each order, a second
        reference for the same order is refused. Reads are not claimed.

        The entry outlives the process. What a killed call did is UNKNOWN until `flows.reconcile`
        or a person finds out; its reference never becomes free by time.

        Args:
            reference: Your own name for the intent, made before the job is queued: `invoice 17`.
                200 characters at most.
            retry_rejected: Whether to send again what the API rejected.

        A call on it raises, besides the errors of the operation:

        - `ReferenceConflictError` (NOT_SENT): the reference was used with other arguments, or the
          order has such a write under another reference.
        - `InProgressError` (UNKNOWN): another caller is at work; its `record` says who.
        - `OutcomeUnknownError` (UNKNOWN or DONE) with a `record`: an earlier call, whose result is
          not known.
        - `ApiError` (REJECTED): the API rejected an earlier call.

        Raises `ConfigurationError` (NOT_SENT) for another journal or a reference that cannot be
        used.
        """
        return self.with_options(reference=reference, once=True, retry_rejected=retry_rejected)

    @property
    def drift(self) -> "Drift":
        """The differences of responses, to this client and its copies, from the spec.

        A snapshot: places and counts, and never a value. `Hooks(drift=…)` is called once for each
        place.
        """
        from .telemetry._drift import snapshot

        return snapshot(self._core.plan.drift)

    def __repr__(self) -> str:
        if not hasattr(self, "_core"):  # it may be printed before it is made: in a traceback
            return f"{type(self).__name__}()"
        return f"{type(self).__name__}(base_url={self._core.plan.settings.base_url!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"A {type(self).__name__} cannot be pickled or copied: it holds credentials and "
            "connections. Make one in each process; with_options makes a copy that shares them."
        )


class Chessa(
    _Client["Connections", ClientSecret, "Transport", "httpx.Client", "Journal | Ledger"],
    Resources,
    Undocumented,
):
    """The client of the Chessa Accounts API: `Chessa().orders.retrieve("…")`.

    Every method returns a typed result, or raises a `ChessaError` whose `outcome` says whether the
    call may have happened. Safe to share between threads, and after a fork. Use it as a context
    manager, or `close` it.

    Args:
        client_id: Default: CHESSA_CLIENT_ID. A callable is called for each call; a secret of
            another library, such as a `pydantic.SecretStr`, is taken for its `get_secret_value()`.
        client_secret: Default: CHESSA_CLIENT_SECRET. In the same forms.
        base_url: Default: CHESSA_BASE_URL, else the server that the API's document names.
        timeout: Seconds for a call, attempts and waits included, a day at most. Default: 30 for
            reads, 60 for writes.
        max_retries: How often a read is retried after a transient failure, and a write that was
            certainly not sent.
        proxy: URL of an HTTP proxy. A transport or client of your own has its own.
        ssl_context: Used unchanged, in place of the client's own.
        transport: An `httpx.BaseTransport`, or a function that returns one: it is called for each
            write and once for all reads. It is trusted with the credentials. Of httpx or httpx2.
        http_client: An `httpx.Client` to send with, such as one that your tools watch. It is not
            closed here. Recommended for reads and tests: see "Which transport" in the docs.
        trust_env: Whether proxy and certificate variables of the environment count.
        hooks: Functions to call before and after each attempt.
        journal: Takes a `JournalRecord` before the first byte of every write and one at its end,
            such as a `FileJournal`. A write whose first record it does not take is not sent. A
            `journal.SqlJournal` claims as well: see `once`.
        max_response_bytes: The longest response body that is read.
        allow_http: Whether `base_url` may be one of http:// on another machine than this, which
            sends the credentials unencrypted: for a sandbox in a container, never for the API
            itself. Logged as a warning. CHESSA_ALLOW_HTTP=1 allows it as well.
        telemetry: Whether calls are shown to OpenTelemetry, once the application has set a
            provider; or a `chessa.telemetry.Telemetry` with providers of its own.
    """

    _mode = "sync"

    def _connect(self, *arguments: Any) -> "Connections":
        from ._transport.pools import Connections

        return Connections(*arguments)

    def _adopt(self, core: "_Core[Connections]") -> None:
        self._core = core
        Resources.__init__(self, _Performer(core))

    def close(self) -> None:
        """Refuse new calls; those in flight end normally. A copy closes only itself."""
        self._core.is_closed = True
        if not self._is_copy:
            self._core.connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncChessa(
    _Client[
        "AsyncConnections",
        AsyncClientSecret,
        "AsyncTransport",
        "httpx.AsyncClient",
        "Journal | AsyncJournal | Ledger",
    ],
    AsyncResources,
    AsyncUndocumented,
):
    """`Chessa` on asyncio: `await AsyncChessa().orders.retrieve("…")`.

    The arguments are those of `Chessa`; callables for the credentials, hooks and the journal may be
    coroutine functions (another journal is called on a thread); `transport` and `http_client` are
    httpx's async ones. May be used in several event loops, one after the other. Use it as
    an async context manager, or `aclose` it.
    """

    _mode = "async"

    def _connect(self, *arguments: Any) -> "AsyncConnections":
        from ._transport.pools import AsyncConnections

        return AsyncConnections(*arguments)

    def _adopt(self, core: "_Core[AsyncConnections]") -> None:
        self._core = core
        AsyncResources.__init__(self, _AsyncPerformer(core))

    async def aclose(self) -> None:
        """Refuse new calls; those in flight end normally. A copy closes only itself."""
        self._core.is_closed = True
        if not self._is_copy:
            await self._core.connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
