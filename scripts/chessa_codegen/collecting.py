"""Garbage: none is collected while a package is made.

A document, its plan and the generator's objects all live until the end, so that every look for
garbage finds none, and takes the longer the more of them there are: cost would grow faster than the
document does.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Let the collector rest, if it is not off already."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
