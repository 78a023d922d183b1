"""The command `chessa`: `chessa orders retrieve ID`, `chessa doctor`, `chessa journal open`.

Needs the extra: `pip install "chessa[cli]"`.
"""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Return its exit status, as `chessa.cli._exits` lists them.

    Args:
        arguments: Those after the command's name. Default: those of the process.
    """
    try:
        from ._app import run

        return run(arguments)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich"):
            raise
    except KeyboardInterrupt:  # before the command could take care of it
        return 130
    sys.stderr.write(
        f'The command chessa needs the extra "cli", of which {missing} is missing: '
        'pip install "chessa[cli]"\n'
    )
    return 1
