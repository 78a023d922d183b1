"""Secrets are found wherever they are: otherwise the matrix would find none because it is blind."""

import base64
import logging
import urllib.parse
from collections.abc import Callable
from typing import Final

import pytest

from .leaks import CLIENT_SECRET, PROXY_PASSWORD, holds_secret, places_of_secrets, watched_logs

FORMS: Final[dict[str, Callable[[str], str]]] = {
    "raw": str,
    "repr": repr,
    "bytes": lambda secret: repr(secret.encode()),
    "hex": lambda secret: secret.encode().hex(),
    "URL": lambda secret: urllib.parse.quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "user:password": lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(),
    "urlsafe": lambda secret: base64.urlsafe_b64encode(f"id:{secret}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", [CLIENT_SECRET, PROXY_PASSWORD])
def test_a_secret_is_found_in_every_form(secret: str, form: Callable[[str], str]) -> None:
    """Within a longer text."""
    assert holds_secret(f"<{form(secret)}>")
    assert not holds_secret(f"<{form('nothing')}>")


def test_a_secret_is_found_in_an_error() -> None:
    """In its text, its attributes, the locals of its frames, and what it was made from."""

    def fail(secret: str) -> None:
        raise ValueError(len(secret))

    def chain(secret: str) -> None:
        try:
            raise KeyError(secret)
        except KeyError:
            raise ValueError from None

    with pytest.raises(ValueError, match=r"^[0-9]*$") as in_a_frame:
        fail(CLIENT_SECRET)
    with pytest.raises(ValueError, match=r"^[0-9]*$") as in_a_context:
        chain(CLIENT_SECRET)
    attribute = ValueError()
    vars(attribute)["held"] = [CLIENT_SECRET]
    assert places_of_secrets(in_a_frame.value) == ("traceback",)
    assert "str" in places_of_secrets(in_a_context.value)
    assert places_of_secrets(attribute) == ("vars", "pickle")
    assert places_of_secrets(ValueError("nothing")) == ()


def test_a_secret_is_found_in_a_log() -> None:
    """At DEBUG, in the arguments and in what is added to a record."""
    logger = logging.getLogger("somebody")
    with watched_logs() as watch:
        logger.debug("a %s", CLIENT_SECRET)
        assert watch.taken() == ("log of somebody",)
        logger.debug("b", extra={"held": CLIENT_SECRET})
        assert watch.taken() == ("log of somebody",)
        logger.debug("c")
        assert watch.taken() == ()
