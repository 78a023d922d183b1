"""Deprecations of the spec: seen by type checkers (PEP 702), and told when they are used."""

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .types import UNSET

if TYPE_CHECKING:
    from typing_extensions import deprecated  # which type checkers know without having it
elif sys.version_info >= (3, 13):
    from warnings import deprecated
else:
    import functools
    import inspect

    def deprecated(message):
        """Return a decorator that warns at each call, as `warnings.deprecated` does."""

        def decorate(function):
            if inspect.iscoroutinefunction(function):

                @functools.wraps(function)
                async def wrapper(*args, **kwargs):
                    warnings.warn(message, DeprecationWarning, stacklevel=2)
                    return await function(*args, **kwargs)

            else:

                @functools.wraps(function)
                def wrapper(*args, **kwargs):
                    warnings.warn(message, DeprecationWarning, stacklevel=2)
                    return function(*args, **kwargs)

            wrapper.__deprecated__ = message
            return wrapper

        return decorate


def warn_of_arguments(
    operation: str, names: tuple[str, ...], arguments: Mapping[str, object]
) -> None:
    """Warn of each deprecated argument that a caller of a method gave."""
    for name in names:
        if arguments.get(name, UNSET) is not UNSET:
            text = f"{operation}: the vendor has deprecated the argument `{name}`."
            warnings.warn(text, DeprecationWarning, stacklevel=4)


__all__ = ["deprecated", "warn_of_arguments"]
