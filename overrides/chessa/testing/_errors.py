"""Exceptions of the sandbox.

Problem              a response in the vendor's envelope: for the client, not for the test
AssertionError
└── SandboxError     the sandbox has a bug, or cannot respond as the spec documents
RuntimeError
└── LifeCycleError   a command that the order cannot follow in its status
"""

from typing import Final

VALIDATION_ERROR: Final = "validation_error"
"""The sandbox's own code for a request that it cannot take; the vendor's was never seen."""
UNAUTHORIZED: Final = "unauthorized"
"""The sandbox's own code for 401; the vendor documents the status alone."""
METHOD_NOT_ALLOWED: Final = "method_not_allowed"
"""The sandbox's own code for 405."""
NOT_FOUND: Final = "not_found"
"""The vendor's."""
INVALID_REFUND_REQUEST: Final = "invalid_refund_request"
"""The vendor's."""


class SandboxError(AssertionError):
    """The sandbox itself is wrong: it was about to send what the spec does not allow."""


class LifeCycleError(RuntimeError):
    """An order cannot do this in the status that it has."""


class Problem(Exception):  # noqa: N818  # a response, not a failure of the program
    """A request is refused, in the vendor's envelope."""

    def __init__(self, status: int, code: str, message: str, *, allow: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = () if allow is None else (("allow", allow),)

    def envelope(self) -> dict[str, object]:
        """Return the body of the response."""
        return {"error": self.code, "message": self.message, "statusCode": self.status}


def invalid(message: str) -> Problem:
    """Return the problem of a request that breaks the spec, or makes no sense."""
    return Problem(400, VALIDATION_ERROR, message)


def not_found(what: str) -> Problem:
    """Return the problem of an unknown id, in the vendor's message: `Order not found`."""
    return Problem(404, NOT_FOUND, f"{what} not found")
