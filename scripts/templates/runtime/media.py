"""Bodies that are not JSON: the forms to send them in, and codecs that read them as they are."""

import errno
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import attrs

from .codecs import Codec, Misfit
from .errors import EncodeError
from .parameters import Style

_CHARSET: Final = re.compile(r';\s*charset="?([A-Za-z0-9._-]+)"?', re.IGNORECASE)
_CHARSETS: Final = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|ascii|latin-?1|iso-8859-[0-9]{1,2}|windows-125[0-9]"
)
"""Those of texts. Python has codecs of other kinds under such names, some of which are slow."""


class UnreadableFileError(Exception):
    """A file that cannot be read while it is sent, or that changes meanwhile."""


def cause_of(error: BaseException) -> str:
    """Return the type of a failure and the system's code; never a message: it has names."""
    code = errno.errorcode.get(getattr(error, "errno", None) or 0)
    return f"{type(error).__name__}{f' {code}' if code else ''}"


@attrs.frozen
class Encoding:
    """The encoding of one member of a form, where the spec names it."""

    content_type: str | None = None
    style: Style | None = None
    explode: bool = True


@attrs.frozen
class BodyForm:
    """The form in which the body of a request is sent."""

    kind: Literal["json", "multipart", "form", "text", "binary"]
    media_type: str
    encodings: Mapping[str, Encoding] = attrs.field(factory=dict[str, Encoding])
    """By the names of members on the wire."""


JSON_BODY: Final = BodyForm("json", "application/json")


class BodyCodec(Codec):
    """Reads a response body as it arrived, given its Content-Type."""

    __slots__ = ("read",)

    def __init__(self, read: Callable[[bytes, str], Any]) -> None:
        super().__init__(lambda _: Misfit("is not JSON"), _unsent)
        self.read = read


def _unsent(_value: Any) -> Any:
    raise EncodeError("is read, and never sent")


def _text(body: bytes, content_type: str) -> Any:
    named = _CHARSET.search(content_type)
    charset = named[1].lower() if named else "utf-8"
    if not _CHARSETS.fullmatch(charset):
        return Misfit("its charset is not known")
    try:
        return body.decode(charset)
    except UnicodeError:
        return Misfit(f"it is not {charset}")


def by_type(codecs: Mapping[str, BodyCodec]) -> BodyCodec:
    """Return a codec that reads a body by its media type."""

    def read(body: bytes, content_type: str) -> Any:
        essence = content_type.partition(";")[0].strip().lower()
        for media_type in (essence, f"{essence.partition('/')[0]}/*"):
            if media_type in codecs:
                return codecs[media_type].read(body, content_type)
        return Misfit("its content type is not documented")

    return BodyCodec(read)


TEXT: Final = BodyCodec(_text)
BYTES: Final = BodyCodec(lambda body, _: body)
