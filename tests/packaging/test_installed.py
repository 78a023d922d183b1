"""The built wheel as its users have it: installed elsewhere, with its dependencies and no more."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.marks import every
from tests.packaging.building import files_of_packages, run
from tests.packaging.environments import Environment

OTHERS = ("chessa/cli/", "chessa/litestar/", "chessa/telemetry/_spans", "chessa/telemetry/_gauges")
"""Modules of another extra, and of programs that chessa is a guest of."""
USER_CODE = Path(__file__).with_name("as_a_user")


def python(environment: Environment, *words: str, cwd: Path) -> str:
    """Return the output of a Python that takes every warning for an error; it must succeed."""
    done = run(environment.python, "-W", "error", *words, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def copied(name: str, into: Path) -> Path:
    """Return a file of a user, far from the tree."""
    return Path(shutil.copy(USER_CODE / name, into))


def test_what_is_installed_is_the_wheel(client_only: Environment, elsewhere: Path) -> None:
    """Both packages come out of the environment, complete, and know their version."""
    code = "import chessa, chessa_api; print(chessa.__file__, chessa_api.__file__, sep='\\n')"
    places = [Path(line) for line in python(client_only, "-c", code, cwd=elsewhere).splitlines()]
    assert len(places) == 2
    for place in places:
        assert place.is_relative_to(client_only.python.parents[1])
    installed = places[0].parents[1]
    for name, source in files_of_packages().items():
        assert (installed / name).read_bytes() == source.read_bytes()
    code = "import chessa; print(chessa.__version__)"
    assert (
        python(client_only, "-c", code, cwd=elsewhere).strip() == client_only.versions()["chessa"]
    )


def test_both_clients_make_calls(client_only: Environment, elsewhere: Path) -> None:
    """A program calls both clients over loopback HTTP: results typed, refusals mapped."""
    program = copied("calls.py", elsewhere)
    assert python(client_only, program.name, cwd=elsewhere) == "6 requests\n"


@pytest.mark.ci
def test_every_module_can_be_imported(with_sandbox: Environment, elsewhere: Path) -> None:
    """No module needs what is not installed, or warns; those of another extra apart."""
    modules = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in files_of_packages()
        if name.endswith(".py") and not name.endswith("__main__.py") and not name.startswith(OTHERS)
    }
    code = f"import importlib\nfor name in {sorted(modules)}: importlib.import_module(name)"
    assert python(with_sandbox, "-c", code, cwd=elsewhere) == ""


# ---- With and without the extra -----------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    every(
        3,
        [
            "import chessa.testing; chessa.testing.sandbox()",
            "from chessa.testing import sandbox",
            "from chessa.testing import serve",
        ],
    ),
)
def test_the_sandbox_says_what_it_needs(
    code: str, client_only: Environment, elsewhere: Path
) -> None:
    """Without the extra, asking for the sandbox names the extra and the command to install it."""
    done = run(client_only.python, "-W", "error", "-c", code, cwd=elsewhere)
    assert done.returncode == 1
    assert 'pip install "chessa[sandbox]"' in done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].startswith("ModuleNotFoundError: chessa.testing needs")


def test_the_command_says_what_it_needs(client_only: Environment, elsewhere: Path) -> None:
    """Without the extra, `python -m chessa.testing` says so in one line, and exits with 2."""
    done = run(client_only.python, "-W", "error", "-m", "chessa.testing", cwd=elsewhere)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert 'pip install "chessa[sandbox]"' in line


def test_all_but_the_sandbox_works_without_the_extra(
    client_only: Environment, elsewhere: Path
) -> None:
    """Every public name is there without the extra, and nothing of the extra is installed."""
    code = "import chessa\nfor name in chessa.__all__: getattr(chessa, name)"
    assert python(client_only, "-c", code, cwd=elsewhere) == ""
    assert not {"aiohttp", "openapi-schema-validator", "pytest"} & set(client_only.versions())


TEN_LINES = """
from chessa.testing import sandbox

with sandbox() as api, api.client() as chessa:
    order = api.add_order().fund().fail()
    refund = chessa.orders.request_refund(order_id=order.id, address="bc1qexample")
    print(refund.status, len(api.refunds))
"""
TEST_OF_A_USER = """
import pytest

@pytest.mark.parametrize("name", ["one", "two"])
def test_a_refund(chessa_sandbox, name):
    assert not chessa_sandbox.refunds
    order = chessa_sandbox.add_order().fund().fail()
    with chessa_sandbox.client() as chessa:
        chessa.orders.request_refund(order_id=order.id, address="bc1qexample")
    assert len(chessa_sandbox.refunds) == 1
"""


@pytest.mark.ci
def test_the_sandbox_works_with_the_extra(with_sandbox: Environment, elsewhere: Path) -> None:
    """With the extra, the first steps of the README run."""
    assert python(with_sandbox, "-c", TEN_LINES, cwd=elsewhere) == "pending 1\n"


@pytest.mark.ci
def test_pytest_finds_the_fixture(with_sandbox: Environment, elsewhere: Path) -> None:
    """With the extra, each test of a user has a new `chessa_sandbox` without a line of set-up."""
    (elsewhere / "test_user.py").write_text(TEST_OF_A_USER, encoding="utf-8")
    printed = python(with_sandbox, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=elsewhere)
    assert "2 passed" in printed


# ---- Types --------------------------------------------------------------------------------------


@pytest.mark.ci
def test_a_type_checker_sees_the_types(client_only: Environment, elsewhere: Path) -> None:
    """`mypy --strict` on a user's code finds the types of the installed wheel, and no error."""
    program = copied("types_seen.py", elsewhere)
    done = run(*_mypy(client_only), program.name, cwd=elsewhere)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    wrong = program.read_text("utf-8").replace("crypto_amount, Decimal", "crypto_amount, float")
    program.write_text(wrong, encoding="utf-8")
    done = run(*_mypy(client_only), program.name, cwd=elsewhere)
    assert "Found 1 error" in done.stdout
    assert '"Decimal"' in done.stdout


def _mypy(environment: Environment) -> tuple[str, ...]:
    own = (sys.executable, "-I", "-m", "mypy")
    return (*own, "--strict", "--config-file=", f"--python-executable={environment.python}")
