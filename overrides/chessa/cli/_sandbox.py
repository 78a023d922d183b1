"""`chessa sandbox`: the stand-in for the API, served over HTTP until Ctrl-C."""

import click


@click.command(
    "sandbox",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def COMMAND(arguments: tuple[str, ...]) -> int:  # noqa: N802  # as of every module here
    """Serve a stand-in for the API on this machine, until Ctrl-C.

    The arguments are those of `python -m chessa.testing`, which lists them.
    """
    from ..testing.__main__ import main

    try:
        return main([*arguments], program="chessa sandbox")
    except SystemExit as end:  # of argparse, after --help or a wrong argument
        return end.code if isinstance(end.code, int) else 1
