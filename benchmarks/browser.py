"""Debian's Chromium, driven by Playwright: for what is measured and tested of pages."""

import contextlib
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def is_installed() -> bool:
    """Return whether this machine has both."""
    return shutil.which("chromium") is not None and find_spec("playwright") is not None


@contextlib.contextmanager
def launched() -> "Iterator[Browser]":
    """Start a browser; it is stopped at the end."""
    from playwright.sync_api import sync_playwright  # takes a while, and few need it

    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()
