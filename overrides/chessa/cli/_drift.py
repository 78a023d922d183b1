"""`chessa drift`: from what many clients met to draft overlay actions, and to questions."""

from pathlib import Path

import click

from .._errors import InvalidRequestError
from ._output import say, show, show_text


@click.command("drift")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--questions", "asks", is_flag=True, help="Print the questions, and no overlay.")
@click.option("--json", "as_json", is_flag=True, help="Print the merged places as JSON.")
def COMMAND(files: tuple[Path, ...], asks: bool, as_json: bool) -> None:  # noqa: N802
    """Draft what would correct the spec where live responses differ from it.

    FILES are snapshots that `client.drift.write` made, of any number of clients. Prints an OpenAPI
    Overlay whose actions a person reads and moves to spec/overlay.yaml. What no overlay settles is
    a question to the vendor, on stderr. Places, types and counts are in it, and no value.
    """
    from chessa.telemetry import draft_overlay, merge, questions

    try:
        drift = merge(files)
    except (InvalidRequestError, OSError) as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        show([place.to_dict() for place in drift], "json")
    elif asks:
        show_text(questions(drift))
    else:
        draft, asked = draft_overlay(drift), questions(drift)
        show_text(draft)
        say(f"{len(drift)} places where live responses differ from the spec.")
        if not draft:
            say("None of them can be corrected by an overlay.")
        if asked:
            say(f"\n{asked}")
