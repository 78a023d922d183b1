"""One command for each operation, made from the generated data."""

from pathlib import Path

import pytest

from chessa.cli._operations import command_name, option_of
from chessa.cli._values import UnusableError, read_value
from chessa.testing import Sandbox
from chessa_api import fields
from chessa_api.codecs import Codec
from chessa_api.index import OPERATIONS
from tests.cli.conftest import chessa, result
from tests.marks import every


@pytest.mark.parametrize("name", every(4, sorted(OPERATIONS)))
def test_every_operation_has_its_command(name: str) -> None:
    """Its help has the method, the path, and each argument, by position or as an option."""
    operation = OPERATIONS[name]
    done = chessa(*command_name(name).split(), "--help")
    assert done.returncode == 0
    printed = " ".join(done.stdout.split())
    assert f"{operation.method} {operation.path}" in printed
    for argument in operation.arguments:
        shown = option_of(argument) if argument.location != "path" else argument.name.upper()
        assert shown in printed
    assert ("--yes" in printed) == (not operation.is_read)


def test_a_read_prints_what_the_api_sent(api: Sandbox) -> None:
    """JSON has everything under the names of the API; a table has a line for each order."""
    order = api.add_order()
    assert result("orders", "retrieve", order.id)["id"] == order.id
    listed = chessa("orders", "list")
    assert listed.returncode == 0
    assert listed.stdout.splitlines()[1].split()[:2] == [order.id, "created"]
    lines = chessa("orders", "list", "--output", "csv").stdout.splitlines()
    assert lines[0].startswith("id,status,")
    assert lines[1].startswith(f"{order.id},created,")
    assert len(lines) == 2


def test_a_write_is_sent_with_yes(api: Sandbox) -> None:
    """Options become arguments of their types; the result is printed."""
    recipient = api.add_recipient()
    order = result(
        *("orders", "create", "--recipient-id", recipient.id, "--origin-asset", "USDC"),
        *("--destination-asset", recipient.currency),
        *("--origin-amount", "10.50", "--chain", "Solana", "--yes"),
    )
    assert str(api.requests[-1].body["originAmount"]) == "10.50"
    assert order["status"] == "created"


def test_a_write_is_not_sent_where_no_person_can_be_asked(api: Sandbox, failed: str) -> None:
    """Without --yes and without a terminal it is a usage error, and nothing is sent."""
    done = chessa("orders", "request-refund", "--order-id", failed, "--address", "bc1q")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert api.requests == ()


def test_under_a_reference_a_write_is_sent_once(api: Sandbox, failed: str, journal: str) -> None:
    """The second run prints the result of the first, and sends nothing."""
    words = ("orders", "request-refund", "--order-id", failed, "--address", "bc1q", "--yes")
    first = result(*words, "--reference", "refund 17")
    assert result(*words, "--reference", "refund 17", "--journal", journal) == first
    assert len(api.refunds) == 1


def test_a_reference_needs_a_journal(api: Sandbox, failed: str) -> None:
    """It is a usage error, and nothing is sent."""
    words = ("orders", "request-refund", "--order-id", failed, "--address", "bc1q", "--yes")
    done = chessa(*words, "--reference", "refund 17")
    assert done.returncode == 2
    assert "CHESSA_JOURNAL" in done.stderr
    assert api.requests == ()


@pytest.mark.parametrize(
    ("codec", "types", "text", "value"),
    [
        (fields.STRING, {"string"}, "123", "123"),
        (fields.STRING, {"string"}, "@file", "@file"),
        (fields.nullable(fields.STRING), {"string"}, "null", "null"),
        (fields.INTEGER, {"integer"}, "12", 12),
        (fields.BOOLEAN, {"boolean"}, "true", True),
        (fields.array(fields.STRING), {"array"}, '["a"]', ["a"]),
        (fields.JSON, set[str](), '{"a": 1}', {"a": 1}),
        (fields.JSON, set[str](), "plain", None),
        (fields.union(fields.INTEGER, fields.STRING), {"integer", "string"}, "a1", "a1"),
    ],
)
def test_a_text_is_read_by_the_type_of_the_argument(
    codec: Codec, types: set[str], text: str, value: object
) -> None:
    """A string is taken as it is; everything else is JSON, and where the spec is open, either."""
    if value is None:
        assert read_value(codec, text, types) == text
    else:
        assert read_value(codec, text, types) == value


def test_a_number_is_sent_as_a_number() -> None:
    """An amount keeps its digits, and does not become a string on the wire."""
    value = read_value(fields.NUMBER, "10.50", {"number"})
    assert str(fields.NUMBER.encode(value)) == "10.50"
    assert not isinstance(fields.NUMBER.encode(value), str)


def test_a_text_of_another_type_is_a_usage_error(api: Sandbox) -> None:
    """The message names the option and what is expected."""
    done = chessa(
        *("orders", "create", "--recipient-id", "r", "--origin-asset", "USDC"),
        *("--destination-asset", "NGN", "--origin-amount", "ten", "--yes"),
    )
    assert done.returncode == 2
    assert "'--origin-amount': expected a number, such as 10" in done.stderr
    assert api.requests == ()


def test_json_may_come_from_a_file(tmp_path: Path) -> None:
    """`@FILE` is the file's content; a file that cannot be read is a usage error."""
    path = tmp_path / "value.json"
    path.write_text('{"a": [1]}', encoding="utf-8")
    assert read_value(fields.JSON, f"@{path}", {"object"}) == {"a": [1]}
    with pytest.raises(UnusableError, match="No such file"):
        read_value(fields.JSON, f"@{path}.other", {"object"})
