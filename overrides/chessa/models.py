"""The models of the API, each loaded when first used: `from chessa.models import Order`.

This is their public name; the package that they are generated into is private.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chessa_api.models import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        import chessa_api.models as generated

        if name == "__all__" or name in generated.__all__:
            return getattr(generated, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        import chessa_api.models as generated

        return sorted(generated.__all__)
