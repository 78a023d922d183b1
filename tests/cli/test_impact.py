"""`chessa impact`: lines of a caller's code that a new version breaks."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import chessa, result
from tests.docs.pages import ROOT

CODE = """\
from chessa import Chessa, NotFoundError, models
from chessa.models import Refund


def refund(client: Chessa, orders: dict[str, models.Order]) -> None:
    for order in orders.values():
        made = client.orders.request_refund(
            order_id=order.id,
            address="bc1q",
            tag="12345",
        )
        print(made.reason, order.status)
        history = client.orders.status_history(order.id)
        client.users.submit_feedback(comment="paid")
        client.rates.retrieve("USDC", "NGN")
        orders.retrieve = None
"""
CHANGELOG = """\
# Changelog

## 0.2.0

- `Refund.reason` was removed: read
  `Refund.status`.
- `orders.status_history` was removed.
- The argument `tag` of `orders.request_refund` was removed.
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """This version as a folder, and a changed one as a wheel."""
    folder = tmp_path_factory.mktemp("versions")
    old, new = folder / "old", folder / "new"
    for place in (old, new):
        for parent, package in (("generated", "chessa_api"), ("overrides", "chessa")):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / parent / package, place / package, ignore=ignored)
    api = new / "chessa_api"
    edit(api / "models" / "refund.py", lambda text: text.replace("    reason: ", "    cause: "))
    edit(
        api / "api" / "orders" / "__init__.py",
        lambda text: text.replace(", tag: str | Unset = UNSET", "").replace(
            "def status_history", "def history"
        ),
    )
    edit(
        api / "api" / "users" / "__init__.py",
        lambda text: text.replace("comment: str", "comment: str, rating: int"),
    )
    edit(new / "chessa" / "__init__.py", lambda text: text.replace('    "NotFoundError",\n', ""))
    wheel = folder / "chessa-0.2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in new.rglob("*.py"):
            archive.write(path, path.relative_to(new).as_posix())
        archive.writestr("chessa-0.2.0.dist-info/extra_metadata/CHANGELOG.md", CHANGELOG)
    return old, wheel


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a file."""
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, path
    path.write_text(after, encoding="utf-8")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A caller's code, next to what is not theirs."""
    (tmp_path / "job.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("def (", encoding="utf-8")
    for folder in (".venv", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "other.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def test_each_line_has_its_change_and_sentence(versions: tuple[Path, Path], code: Path) -> None:
    """Removed names, methods, arguments and attributes, and an argument that is needed now."""
    done = chessa("impact", *versions, code)
    assert done.returncode == 1
    job = code / "job.py"
    assert done.stdout == (
        f"{job}:1: from chessa import Chessa, NotFoundError, models\n"
        "  chessa.NotFoundError was removed\n"
        f'{job}:10: tag="12345",\n'
        "  the argument tag of orders.request_refund was removed\n"
        "  changelog: The argument `tag` of `orders.request_refund` was removed.\n"
        f"{job}:12: print(made.reason, order.status)\n"
        "  perhaps: Refund.reason was removed\n"
        "  changelog: `Refund.reason` was removed: read `Refund.status`.\n"
        f"{job}:13: history = client.orders.status_history(order.id)\n"
        "  orders.status_history was removed\n"
        "  changelog: `orders.status_history` was removed.\n"
        f'{job}:14: client.users.submit_feedback(comment="paid")\n'
        "  users.submit_feedback needs the argument rating\n"
    )
    assert "broken.py: is not Python that can be read, left out" in done.stderr
    assert "5 lines use what was removed or changed" in done.stderr


def test_a_version_that_is_the_same_breaks_nothing(versions: tuple[Path, Path], code: Path) -> None:
    """A clone of the project is a version as well; without a line the exit status is 0."""
    assert result("impact", versions[0], ROOT, code) == []


def test_a_type_that_changed_is_told(
    versions: tuple[Path, Path], code: Path, tmp_path: Path
) -> None:
    """The sentence has both types; another changelog can be named."""
    old, _ = versions
    new = tmp_path / "new"
    shutil.copytree(old, new)
    edit(
        new / "chessa_api" / "models" / "refund.py",
        lambda text: text.replace("    reason: str", "    reason: models.Reason"),
    )
    notes = tmp_path / "notes.md"
    notes.write_text("- `Refund.reason` has a type.\n", encoding="utf-8")
    done = chessa("impact", old, new, code / "job.py", "--changelog", notes)
    assert "perhaps: Refund.reason is models.Reason, and was str\n" in done.stdout
    assert "changelog: `Refund.reason` has a type." in done.stdout


def test_a_version_that_is_not_there_is_a_usage_error(code: Path) -> None:
    """The message says how to get a wheel; a file that is not a wheel is named."""
    done = chessa("impact", "0.0.1", ROOT, code)
    assert done.returncode == 2
    assert "pip download --no-deps chessa==0.0.1" in done.stderr
    assert "is not a wheel" in chessa("impact", code / "job.py", ROOT, code).stderr
    assert "there is no chessa_api in it" in chessa("impact", code, ROOT, code).stderr


@pytest.mark.ci
def test_nothing_of_a_version_is_run(
    versions: tuple[Path, Path], code: Path, tmp_path: Path
) -> None:
    """Sources are read as text: one that fails when it is imported can be compared."""
    new = tmp_path / "new"
    shutil.copytree(versions[0], new)
    edit(new / "chessa_api" / "models" / "refund.py", lambda text: text + "\nraise SystemExit\n")
    assert result("impact", versions[0], new, code) == []
