"""The packages that chessa.testing needs, and the error if one is not installed."""

from typing import Final

PACKAGES: Final = ("aiohttp", "openapi_schema_validator")


def explain_missing_extra(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return the error; for a package of the extra, with the command that installs it."""
    missing = (error.name or "").partition(".")[0]
    if missing not in PACKAGES:
        return error
    message = (
        f'chessa.testing needs the extra "sandbox", of which {missing} is missing: '
        'pip install "chessa[sandbox]"'
    )
    return ModuleNotFoundError(message, name=missing)
