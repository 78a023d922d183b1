"""The root of the command: its subcommands, and the one place where errors become exit statuses."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from chessa_api.errors import ChessaError

from .._version import __version__
from . import _exits
from ._connection import Access, DeclinedError
from ._groups import Group
from ._output import ClosedOutputError, UnwritableOutputError, flush, say

_OWN: Final = {
    "doctor": ("_doctor", "Find out why calls fail: settings, network, clock, one read."),
    "wait": ("_wait", "Wait until an order reaches a status, with a live view."),
    "refund": ("_refund", "Refund an order once, and find out whether it was made."),
    "journal": ("_journal", "The ledger of writes: what is open, what became of it."),
    "drift": ("_drift", "Draft what would correct the spec, from what live responses had."),
    "impact": ("_impact", "Lines of your code that a new version of chessa breaks."),
    "sandbox": ("_sandbox", "Serve a stand-in for the API, for tests and first steps."),
    "completion": ("_completion", "Print what makes your shell complete this command."),
}
"""The commands that are not operations, by name: their module, and a line on them."""


class Root(Group):
    """All commands; the module of each is loaded when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands: ours, then the resources."""
        return [*_OWN, *_free(_resources())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command."""
        if cmd_name in _OWN:
            module = importlib.import_module(f".{_OWN[cmd_name][0]}", __package__)
            command: click.Command = module.COMMAND
            return command
        return _free(_resources()).get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the commands in two groups, without loading ours."""
        resources = _free(_resources())
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _OWN.items()])
        with formatter.section("Operations of the API"):
            rows = [(name, " ".join(each.list_commands(ctx))) for name, each in resources.items()]
            formatter.write_dl(rows)


def _resources() -> dict[str, Any]:
    from ._operations import resources  # loads all operations

    return dict(resources())


def _free(resources: dict[str, Any]) -> dict[str, Any]:
    """Return the resources, those with the name of a command of ours under another."""
    return {f"api-{name}" if name in _OWN else name: each for name, each in resources.items()}


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"chessa {__version__}")
        ctx.exit()


@click.group(
    "chessa",
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--credentials",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file with lines CHESSA_CLIENT_ID=… and CHESSA_CLIENT_SECRET=…, readable by you only.",
)
@click.option("--base-url", metavar="URL", help="[default: CHESSA_BASE_URL, else the API's]")
@click.option(
    "--trust-env", is_flag=True, help="Use the proxy and certificates that the environment names."
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Print the version.",
)
@click.pass_context
def root(
    ctx: click.Context, credentials: Path | None, base_url: str | None, trust_env: bool
) -> None:
    """Call the Chessa Accounts API, and find out what happened.

    Credentials come from CHESSA_CLIENT_ID and CHESSA_CLIENT_SECRET, from the file of --credentials,
    or from a prompt; never from an option. Each command ends with an exit status by outcome: 0
    result, 3 rejected, 4 not sent, 5 unknown, 6 done but its response was lost, 2 usage, 1 other.
    """
    ctx.obj = Access(credentials, base_url, trust_env)


def run(arguments: list[str] | None = None) -> int:
    """Run the command. Return its exit status; print what failed on stderr, never a traceback."""
    try:
        status = root.main(arguments, prog_name="chessa", standalone_mode=False)
        flush()
        return status if isinstance(status, int) else _exits.RESULT
    except ChessaError as error:
        if isinstance(error.__context__, UnwritableOutputError):
            _drop_output()
        _say_error(error)
        return _exits.status_of(error.outcome)
    except (click.Abort, KeyboardInterrupt) as interruption:
        for line in _interrupted(interruption):
            say(line)
        return _exits.INTERRUPTED
    except (ClosedOutputError, BrokenPipeError):
        _drop_output()
        return _exits.CLOSED
    except UnwritableOutputError as error:
        _drop_output()
        say(f"The output cannot be written: {error}.")
        return _exits.OTHER
    except DeclinedError:
        say("Nothing was sent.")
        return _exits.OTHER
    except click.ClickException as error:
        return _say_usage(error)
    except ModuleNotFoundError as error:  # of another extra; its text says which
        say(str(error))
        return _exits.OTHER
    except Exception as error:  # noqa: BLE001  # never a traceback: its frames hold data
        say(_bug(error))
        return _exits.OTHER


def _say_error(error: ChessaError) -> None:
    say(str(error))
    for note in notes_of(error):
        say(note)
    say(f"Outcome: {error.outcome.name}.")


def _say_usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    say(error.format_message())
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return _exits.USAGE
    if isinstance(error, click.UsageError) and context is not None:
        say(f"See {context.command_path} --help.")
        return _exits.USAGE
    return _exits.USAGE if isinstance(error, click.UsageError) else _exits.OTHER


def notes_of(error: BaseException | None) -> list[str]:
    """Return the notes on an exception."""
    return list(getattr(error, "__notes__", ()))


def _interrupted(interruption: BaseException) -> Iterator[str]:
    yield "Interrupted."
    yield from notes_of(interruption) or notes_of(interruption.__cause__)


def _bug(error: Exception) -> str:
    """Return a line on an unexpected exception, without its text, which may hold data."""
    frame, traceback = "", error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frame = f"{Path(code.co_filename).name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return (
        f"The command failed: {type(error).__name__} at {frame}. This is a bug of chessa "
        f"{__version__}; whether a write was sent is not known. Check before you call it again."
    )


def _drop_output() -> None:
    """Let nothing else be written to a closed stdout, as the interpreter would at its end."""
    import os

    if sys.stdout is None:
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
    except (OSError, ValueError):
        pass  # not a file of the system
