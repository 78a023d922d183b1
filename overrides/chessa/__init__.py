"""Typed client for the Chessa Accounts API: results, or errors that say whether it happened.

from chessa import Chessa

with Chessa() as chessa:  # CHESSA_CLIENT_ID, CHESSA_CLIENT_SECRET
    order = chessa.orders.retrieve("…")
"""

from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from chessa_api.errors import (
        AbsentFieldError,
        ChessaError,
        DecodeError,
        EncodeError,
        MisfitFieldError,
        ModelError,
        Outcome,
    )
    from chessa_api.events import AsyncEventStream, Event, EventStream
    from chessa_api.files import File, FileContent, SavedFile
    from chessa_api.operation import RawResponse
    from chessa_api.types import UNSET, Unset

    from . import flows, journal, models, webhooks
    from ._client import AsyncChessa, Chessa
    from ._errors import (
        ApiError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ErrorCode,
        InProgressError,
        InvalidRequestError,
        NotFoundError,
        NotSentError,
        OutcomeUnknownError,
        PermissionDeniedError,
        RateLimitError,
        ReferenceConflictError,
        ResponseError,
        ServerError,
        UnprocessableEntityError,
    )
    from ._hooks import Hooks, RequestInfo, ResponseInfo
    from .direct import AsyncDirectTransport, DirectTransport
    from .journal._file import FileJournal
    from .journal._records import AsyncJournal, Journal, JournalRecord

__all__ = [
    "UNSET",
    "AbsentFieldError",
    "ApiError",
    "AsyncChessa",
    "AsyncDirectTransport",
    "AsyncEventStream",
    "AsyncJournal",
    "AuthenticationError",
    "BadRequestError",
    "Chessa",
    "ChessaError",
    "ConfigurationError",
    "DecodeError",
    "DirectTransport",
    "EncodeError",
    "ErrorCode",
    "Event",
    "EventStream",
    "File",
    "FileContent",
    "FileJournal",
    "Hooks",
    "InProgressError",
    "InvalidRequestError",
    "Journal",
    "JournalRecord",
    "MisfitFieldError",
    "ModelError",
    "NotFoundError",
    "NotSentError",
    "Outcome",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "RawResponse",
    "ReferenceConflictError",
    "RequestInfo",
    "ResponseError",
    "ResponseInfo",
    "SavedFile",
    "ServerError",
    "UnprocessableEntityError",
    "Unset",
    "__version__",
    "flows",
    "journal",
    "models",
    "webhooks",
]

if not TYPE_CHECKING:
    _ELSEWHERE = {
        "_client": ("AsyncChessa", "Chessa"),
        "journal._file": ("FileJournal",),
        "_hooks": ("Hooks", "RequestInfo", "ResponseInfo"),
        "journal._records": ("AsyncJournal", "Journal", "JournalRecord"),
        "direct": ("AsyncDirectTransport", "DirectTransport"),
        "chessa_api.errors": (
            "AbsentFieldError",
            "ChessaError",
            "DecodeError",
            "EncodeError",
            "MisfitFieldError",
            "ModelError",
            "Outcome",
        ),
        "chessa_api.events": ("AsyncEventStream", "Event", "EventStream"),
        "chessa_api.files": ("File", "FileContent", "SavedFile"),
        "chessa_api.operation": ("RawResponse",),
        "chessa_api.types": ("UNSET", "Unset"),
    }
    _HOMES = {name: module for module, names in _ELSEWHERE.items() for name in names}

    def __getattr__(name):
        """Load a public name when it is first asked for: `import chessa` costs next to nothing."""
        import importlib

        if name in ("flows", "journal", "models", "webhooks"):
            return importlib.import_module(f".{name}", __name__)
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = _HOMES.get(name, "_errors")
        module = importlib.import_module(
            home if home.startswith("chessa_api") else f".{home}", __name__
        )
        value = globals()[name] = getattr(module, name)
        return value

    def __dir__():
        return sorted(__all__)
