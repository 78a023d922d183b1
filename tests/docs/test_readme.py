"""The first lines of the README: they are facts of the project."""

import tomllib

from tests.docs.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_line_of_facts_is_true() -> None:
    """Python, types and licence are those of the metadata."""
    facts = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[2]
    python = PROJECT["requires-python"].removeprefix(">=")
    assert facts == f"`Python {python}+` · `sync and async` · `typed` · `{PROJECT['license']}`"
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_every_extra_is_in_the_installation() -> None:
    """The README shows how to install each extra."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for extra in PROJECT["optional-dependencies"]:
        assert f'pip install ".[{extra}]"' in text
