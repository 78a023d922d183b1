"""`python -m chessa.testing --port N`: the sandbox over HTTP, until Ctrl-C.

Prints its address and what to set in the environment, so that any program can talk to it.
"""

import argparse
import sys

from ._extra import explain_missing_extra


def main(arguments: list[str] | None = None, *, program: str = "python -m chessa.testing") -> int:
    """Serve. Return the exit status: 0 after a clean stop, 2 if it cannot start."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serves a stand-in for the Chessa API. Its clock is the real one:"
        " an order that is paid moves along by itself. Its page is at /_sandbox/.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address; default: this machine only")
    parser.add_argument("--port", type=_port, default=0, help="0, the default, takes any free one")
    parser.add_argument("--seed", help="ids follow from it; default: a random one")
    parser.add_argument(
        "--state", metavar="FILE", help="restored at the start if it exists, written at the end"
    )
    parser.add_argument("--chaos", metavar="rate=0.05,seed=7", help="faults by chance")
    parser.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a further name of it, such as a container's; may be given more than once",
    )
    given = parser.parse_args(arguments)
    try:
        from ._program import run
    except ModuleNotFoundError as error:
        print(explain_missing_extra(error), file=sys.stderr)
        return 2
    return run(
        host=given.host,
        port=given.port,
        seed=given.seed,
        state=given.state,
        chaos=given.chaos,
        allow_hosts=given.allow_host,
    )


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
