"""Each planted mistake turns the test red that it names; without a mistake the tests are green."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from chessa_codegen.regeneration import Job, regenerate
from tests.marks import every
from tests.mistakes import BUGS, FAULTS, LEDGER, MEDIA, MISTAKES, TELEMETRY
from tests.planting import Mistake, play, run_tests
from tests.property.json_text import written
from tests.property.wider import modern_document, wider_document

SHORT: Final = ("409 is a rejection", "a wire name is changed")
"""Mistakes that show in the vendor's API, in little time."""


@pytest.fixture(scope="module")
def wider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a client for everything that a spec may ask for."""
    folder = tmp_path_factory.mktemp("wider")
    spec = folder / "openapi.json"
    spec.write_bytes(written(wider_document()))
    regenerate(Job(spec=spec, overlay=None, output=folder, lock=folder / "lock.json"))
    return folder


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, wider: Path) -> Iterator[dict[str, str]]:
    """Play the mistakes of this session, those of a wider client in a child of their own."""
    wanted = {item.name for item in request.session.items}

    def chosen(mistakes: list[Mistake]) -> list[Mistake]:
        return [each for each in mistakes if any(f"[{each.name}]" in name for name in wanted)]

    with ThreadPoolExecutor(2) as pool:
        bugs = pool.submit(play, chosen(BUGS), wider)
        yield {**play(chosen([*FAULTS, *LEDGER, *MEDIA, *TELEMETRY])), **bugs.result()}


@pytest.mark.parametrize("name", every(2, SHORT))
def test_some_mistakes_turn_their_tests_red(name: str) -> None:
    """The short form of what follows."""
    outcome = play([MISTAKES[name]])[name]
    assert outcome.startswith(f"red: {MISTAKES[name].seen_by}"), outcome


@pytest.mark.nightly
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_turns_its_test_red(name: str, found: dict[str, str]) -> None:
    """An assertion of that very test fails: not an import, not a fixture, not the test itself."""
    assert found[name].startswith(f"red: {MISTAKES[name].seen_by}"), found[name]


@pytest.mark.nightly
def test_a_modern_client_is_green(tmp_path: Path) -> None:
    """The properties hold for what OpenAPI 3.1 adds; the wider client has all the rest."""
    spec = tmp_path / "openapi.json"
    spec.write_bytes(written(modern_document()))
    regenerate(Job(spec=spec, overlay=None, output=tmp_path, lock=tmp_path / "lock.json"))
    done = run_tests("tests/property", "-k", "modern or Modern", generated=tmp_path)
    assert done.returncode == pytest.ExitCode.OK, done.stdout[-4_000:]


@pytest.mark.nightly
def test_a_wider_client_is_green(wider: Path) -> None:
    """Without a mistake every property holds, for everything that a spec may ask for."""
    done = run_tests("tests/property", generated=wider)
    assert done.returncode == pytest.ExitCode.OK, done.stdout[-4_000:]


def test_every_property_sees_a_mistake() -> None:
    """Each mistake has a name of its own, and each file of properties has mistakes to see."""
    lists = (FAULTS, BUGS, LEDGER, MEDIA, TELEMETRY)
    assert len(MISTAKES) == sum(map(len, lists))
    files = {path.name for path in (Path(__file__).parent / "property").glob("test_*.py")}
    assert {Path(bug.seen_by.partition("::")[0]).name for bug in BUGS} == files
