"""The spelling of statuses, which the vendor may change."""


def word(text: str) -> str:
    """Return the letters and digits of a status, in lower case: `Failed` is `failed`."""
    return "".join(each for each in text.casefold() if each.isalnum())
