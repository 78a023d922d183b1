"""A second process for work on large documents; small ones are read before it would have started.

Work is a function of a module with plain data: it is sent to the process, and its result or its
`SpecError` comes back.
"""

import gc
import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from chessa_codegen.errors import SpecError
from chessa_codegen.validate.repair import operations

_P = ParamSpec("_P")
_T = TypeVar("_T")

LARGE: Final = 100
"""The number of operations from which on a second process is worth its start."""


class AtOnce(Executor):
    """Do the work as it is submitted, in this process."""

    def submit(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Return the finished work. Raises what it raises, but for a `SpecError`."""
        done: Future[_T] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except SpecError as error:
            done.set_exception(error)
        return done


def executor_for(*documents: Mapping[str, Any]) -> Executor:
    """Return who works on these documents while this process goes on."""
    if all(sum(1 for _ in operations(each)) < LARGE for each in documents):
        return AtOnce()
    # spawn: the same on each platform, and safe with threads
    context = multiprocessing.get_context("spawn")
    # no collection: it is one short run, with documents that live to its end
    return ProcessPoolExecutor(1, context, initializer=gc.disable)
