"""One command for each operation, made from the generated data: no operation has a name here."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any, cast

import click

from chessa_api.arguments import Argument
from chessa_api.errors import ChessaError
from chessa_api.events import EventStream
from chessa_api.files import SavedFile
from chessa_api.index import OPERATIONS
from chessa_api.model import Model
from chessa_api.operation import Operation
from chessa_api.types import UNSET

from . import _spec
from ._connection import (
    Access,
    ask,
    journal_of,
    journal_options,
    output_option,
    performed,
    timeout_option,
    yes_option,
)
from ._groups import Group
from ._output import (
    Form,
    UnwritableOutputError,
    is_terminal,
    result_of_write,
    say,
    show,
    show_bytes,
    show_text,
)
from ._text import printable, to_json
from ._values import UnusableError, read_file, read_value, takes_file, takes_files

_OURS = frozenset({"account", "help", "journal", "output", "reference", "save", "timeout", "yes"})
"""The options that every such command has."""


class Value(click.ParamType[Any]):
    """The value of an argument of an operation."""

    def __init__(self, operation: Operation[Any], argument: Argument) -> None:
        self._codec = argument.codec
        self.is_file = takes_file(argument.codec)
        self.is_files = takes_files(argument.codec)
        self._types = _spec.types_of(_spec.schema_of(operation, argument))
        self.name = "file" if self.is_file or self.is_files else _kind(self._types)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value. Fails as click's types do."""
        if not isinstance(value, str):
            return value
        try:
            if self.is_file or self.is_files:
                return read_file(value)
            return read_value(self._codec, value, self._types)
        except UnusableError as error:
            self.fail(str(error), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the name that `--help` shows."""
        return self.name.upper()


def _kind(types: set[str]) -> str:
    if types == {"string"}:
        return "text"
    return "/".join(sorted(types & {"integer", "number", "boolean"})) or "json"


class Resource(Group):
    """The operations of one resource."""

    def __init__(self, name: str, operations: Mapping[str, Operation[Any]]) -> None:
        count = len(operations)
        several = f"{count} operations" if count > 1 else "1 operation"
        super().__init__(name, help=f"Operations on {name}.", short_help=f"{several}.")
        self._operations = operations

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the operations."""
        return list(self._operations)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of an operation."""
        operation = self._operations.get(cmd_name)
        return None if operation is None else command_of(operation, cmd_name)


def resources() -> dict[str, Resource]:
    """Return the resources by the names of their commands."""
    found: dict[str, dict[str, Operation[Any]]] = {}
    for name, operation in OPERATIONS.items():
        resource, _, method = name.rpartition(".")
        place = found.setdefault(resource.replace(".", "-").replace("_", "-"), {})
        place[method.replace("_", "-")] = operation
    return {name: Resource(name, operations) for name, operations in found.items()}


def command_of(operation: Operation[Any], name: str) -> click.Command:
    """Return the command of an operation."""

    def run(**values: Any) -> None:
        perform(operation, click.get_current_context(), values)

    command: Any = run
    decorators = [output_option, timeout_option("30" if operation.is_read else "60")]
    if not operation.is_read:
        decorators += [yes_option, _reference_option, journal_options]
    if _saves(operation):
        decorators.append(_save_option)
    for decorate in reversed(decorators):
        command = decorate(command)
    made = click.command(name, help=_help(operation), short_help=_spec.summary(operation))(command)
    made.params[:0] = list(_parameters(operation))
    return made


def _reference_option(function: Any) -> Any:
    return click.option(
        "--reference",
        metavar="NAME",
        help="Your own name for the intent: sent once, from any process. Needs a journal.",
    )(function)


def _save_option(function: Any) -> Any:
    path = click.Path(dir_okay=False, path_type=Path)
    return click.option("--save", type=path, help="The file to save the response to.")(function)


def _saves(operation: Operation[Any]) -> bool:
    """Return whether the result of an operation is not JSON."""
    return not operation.streams and not operation.answers_json(200)


def _parameters(operation: Operation[Any]) -> Iterator[click.Parameter]:
    in_path = operation.path_parts[1::2]
    by_place = {a.wire: a for a in operation.arguments if a.location == "path"}
    for wire in in_path:
        argument = by_place[wire]
        kind = Value(operation, argument)
        yield click.Argument([f"api_{argument.name}"], type=kind, metavar=argument.name.upper())
    others = [a for a in operation.arguments if a.location != "path"]
    for argument in sorted(others, key=lambda each: not each.required):
        kind = Value(operation, argument)
        yield click.Option(
            [option_of(argument), f"api_{argument.name}"],
            type=kind,
            required=argument.required,
            multiple=kind.is_files,
            help=_spec.description_of(operation, argument),
            show_default=False,
        )


def option_of(argument: Argument) -> str:
    """Return the option that gives an argument."""
    name = argument.name.rstrip("_")
    return f"--{'api-' if name in _OURS else ''}{name.replace('_', '-')}"


def _help(operation: Operation[Any]) -> str:
    node = _spec.described(operation)
    parts = [_spec.summary(operation)]
    if node.get("summary") and node.get("description"):
        parts.append(_spec.one_line(node["description"]))
    kind = "Read." if operation.is_read else "Write: asks before it sends, and sends at most once."
    parts.append(f"{kind} {operation.method} {operation.path}")
    options = {argument.name: option_of(argument) for argument in operation.arguments}
    parts += [
        f"Give only one of {' and '.join(options[name] for name in group)}."
        for group in operation.exclusive
    ]
    if not operation.is_read:
        parts.append(f"After an unknown outcome: {advice_on(operation)}")
    return "\n\n".join(parts)


def advice_on(operation: Operation[Any]) -> str:
    """Return what to do after an unknown outcome of a write."""
    if operation.duplicate_is_harmless:
        return "call again. A duplicate is harmless."
    shown = [f"chessa {command_name(each.operation)}" for each in operation.links]
    if not shown:
        return "ask the vendor. The API has no way to check."
    return f"{' or '.join(shown)} shows it if it was carried out; absence proves nothing."


def command_name(operation: str) -> str:
    """Return the command of an operation: `orders request-refund`."""
    return operation.replace(".", " ").replace("_", "-")


# ---- Performing ---------------------------------------------------------------------------------


def perform(operation: Operation[Any], ctx: click.Context, values: dict[str, Any]) -> None:
    """Perform an operation, and print its result."""
    arguments = dict(_given(operation, values))
    access: Access = ctx.obj
    reference, save = values.get("reference"), values.get("save")
    with ExitStack() as stack:
        journal = journal_of(values.get("journal_url"), values.get("account"))
        if journal is not None:
            stack.enter_context(journal)
        elif reference is not None:
            raise click.UsageError("--reference needs a journal: --journal URL or CHESSA_JOURNAL.")
        client = stack.enter_context(access.client(timeout=values["timeout"], journal=journal))
        if reference is not None:
            client = client.once(reference)
        if not operation.is_read:
            where = access.settings().base_url
            ask(_question(operation, arguments, where, reference), "Send it?", yes=values["yes"])
        try:
            called: Operation[Any] = operation if save is None else operation.saved_to(save)
            raw = performed(client, called, arguments)
        except ChessaError as error:
            for line in checks(operation, arguments, error):
                error.add_note(line)
            if reference is not None and _is_open(error):
                error.add_note(f"Then: chessa journal reconcile, which closes {reference!r}.")
            raise
        if operation.streams:
            with _printing(operation):
                show_events(raw.parsed)
            return
    with _printing(operation):
        show_result(raw.parsed, raw.body, values["form"])


def _printing(operation: Operation[Any]) -> AbstractContextManager[None]:
    return nullcontext() if operation.is_read else result_of_write(operation.name)


def _is_open(error: ChessaError) -> bool:
    """Return whether the journal has the write without a known end, for `reconcile` to close."""
    record = getattr(error, "record", None)
    is_closed = record is not None and record.outcome is None
    return error.outcome.name in ("UNKNOWN", "DONE") and not is_closed


def _given(operation: Operation[Any], values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for argument in operation.arguments:
        value = values[f"api_{argument.name}"]
        if isinstance(value, tuple):  # an option that may be given several times
            value = list(cast("Sequence[Any]", value)) or None
        if value is not None:
            yield argument.name, value


def _question(
    operation: Operation[Any],
    arguments: Mapping[str, Any],
    where: str,
    reference: str | None,
) -> list[str]:
    lines = [f"{_spec.summary(operation)}: {operation.method} {operation.path} at {where}"]
    width = max(map(len, arguments), default=0)
    for argument in operation.arguments:
        if argument.name in arguments:
            shown = _shown(argument, arguments[argument.name])
            lines.append(f"  {argument.name.ljust(width)}  {printable(shown)}")
    if reference is not None:
        lines.append(f"  once, as {reference!r}")
    return lines


def _shown(argument: Argument, value: Any) -> str:
    if takes_file(argument.codec) or takes_files(argument.codec):
        return "a file" if takes_file(argument.codec) else f"{len(value)} files"
    encoded = argument.codec.encode(value)
    return encoded if isinstance(encoded, str) else str(encoded)


def checks(
    operation: Operation[Any], arguments: Mapping[str, Any], error: ChessaError
) -> Iterator[str]:
    """Yield what to run after a write whose outcome is not known."""
    if operation.is_read or error.outcome.name not in ("UNKNOWN", "DONE"):
        return
    bound = operation.bind(arguments)
    for link in operation.links:
        found = link.resolve(bound, UNSET)
        reader = OPERATIONS.get(link.operation)
        if found is not None and reader is not None:
            yield f"Check: {_command_line(reader, found)}"
            if error.outcome.name == "DONE":
                continue
            place = (link.evidence or "").removeprefix(f"/{reader.unwrap}").strip("/")
            where = place.replace("/", ".") or "its result"
            yield f"A value of {where} there proves that it was carried out; none proves nothing."


def _command_line(operation: Operation[Any], arguments: Mapping[str, Any]) -> str:
    import shlex

    line = ["chessa", *command_name(operation.name).split()]
    for argument in operation.arguments:
        if argument.name in arguments:
            text = str(arguments[argument.name])
            line += [text] if argument.location == "path" else [option_of(argument), text]
    return shlex.join(line)


def show_events(events: EventStream[Any]) -> None:
    """Print each event as it comes, as a line of JSON, until the stream ends."""
    with events:
        for each in events:
            line = {"event": each.event, "id": each.id, "data": json_of(each.data)}
            show_text(f"{to_json(line, None)}\n")


def show_result(parsed: Any, body: bytes, form: Form) -> None:
    """Print the result of an operation."""
    if isinstance(parsed, bytes):
        if is_terminal(sys.stdout):
            raise UnwritableOutputError("bytes are not for a terminal: pass --save FILE")
        show_bytes(parsed)
    elif isinstance(parsed, SavedFile):
        show({"path": str(parsed.path), "size": parsed.size, "sha256": parsed.sha256}, form)
    else:
        show(json_of(parsed), form)
        if parsed is None:
            say("Done: the response has no content.")


def json_of(value: Any) -> Any:
    """Return a result as a JSON value."""
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list):
        return [json_of(item) for item in cast("Sequence[Any]", value)]
    return value
