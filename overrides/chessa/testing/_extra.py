"""What chessa.testing needs beyond the client, and the words for when it is not installed."""

from typing import Final

PACKAGES: Final = ("aiohttp", "openapi_schema_validator")


def explain_missing_extra(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """The same error, saying what to install if a package of the extra is missing."""
    missing = (error.name or "").partition(".")[0]
    if missing not in PACKAGES:
        return error
    message = (
        f'chessa.testing needs the extra "sandbox", of which {missing} is missing: '
        'pip install "chessa[sandbox]"'
    )
    return ModuleNotFoundError(message, name=missing)
