"""`client.request`: a request that the spec does not have yet, with all guarantees of a call."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, overload

from chessa_api.operation import AsyncPerformer, Performer, RawResponse
from chessa_api.types import UNSET

from ._options import ExtraQuery

PathParameters: TypeAlias = Mapping[str, str | int]


class Undocumented:
    """The method `request` of `Chessa`."""

    _performer: Performer

    @overload
    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: PathParameters | None = None,
        query: ExtraQuery | None = None,
        body: Any = UNSET,
        is_read: bool | None = None,
        raw: Literal[False] = False,
    ) -> Any: ...
    @overload
    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: PathParameters | None = None,
        query: ExtraQuery | None = None,
        body: Any = UNSET,
        is_read: bool | None = None,
        raw: Literal[True],
    ) -> RawResponse[Any]: ...
    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: PathParameters | None = None,
        query: ExtraQuery | None = None,
        body: Any = UNSET,
        is_read: bool | None = None,
        raw: bool = False,
    ) -> Any:
        """Send a request that this version has no method for, and return its JSON.

        Errors have outcomes, the journal records a write and `once` claims it, and hooks are
        called, as for any operation. Logs, hooks and the journal name it by method and path, as
        given: put ids into `parameters`.

        Args:
            method: GET, HEAD, POST, PUT, PATCH or DELETE.
            path: From the version on, with names in braces: `/v1/orders/{order_id}/cancel`. It is
                a path of the client's own server, never a URL.
            parameters: The values of the names in braces; they are encoded.
            query: Values by name, as of `extra_query`.
            body: A JSON value. A write may do without, or send None, which is JSON's null.
            is_read: Whether calling it twice does no more than calling it once: then it is retried,
                and not recorded. Default: GET and HEAD are reads.
            raw: Whether to return a `RawResponse`, whose body need not be JSON.

        Returns the JSON value of a 2xx, numbers with a fraction as Decimal; None if it is empty.

        Raises what an operation raises, and `InvalidRequestError` (NOT_SENT) for arguments that
        make no request, and for a write that has a method of its own.
        """
        from ._call.undocumented import operation_of  # with all operations

        operation, arguments = operation_of(method, path, parameters, query, body, is_read, raw=raw)
        if raw:
            return self._performer.perform_raw(operation, arguments)
        return self._performer.perform(operation, arguments)


class AsyncUndocumented:
    """The method `request` of `AsyncChessa`."""

    _performer: AsyncPerformer

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *,
        parameters: PathParameters | None = None,
        query: ExtraQuery | None = None,
        body: Any = UNSET,
        is_read: bool | None = None,
        raw: Literal[False] = False,
    ) -> Any: ...
    @overload
    async def request(
        self,
        method: str,
        path: str,
        *,
        parameters: PathParameters | None = None,
        query: ExtraQuery | None = None,
        body: Any = UNSET,
        is_read: bool | None = None,
        raw: Literal[True],
    ) -> RawResponse[Any]: ...
    async def request(
        self,
        method: str,
        path: str,
        *,
        parameters: PathParameters | None = None,
        query: ExtraQuery | None = None,
        body: Any = UNSET,
        is_read: bool | None = None,
        raw: bool = False,
    ) -> Any:
        """Send a request that this version has no method for: see `Chessa.request`."""
        from ._call.undocumented import operation_of

        operation, arguments = operation_of(method, path, parameters, query, body, is_read, raw=raw)
        if raw:
            return await self._performer.perform_raw(operation, arguments)
        return await self._performer.perform(operation, arguments)
