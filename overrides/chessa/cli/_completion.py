"""`chessa completion SHELL`: the script that makes a shell complete the command."""

import click
from click.shell_completion import get_completion_class

from ._output import show_text

_WHERE = {
    "bash": "~/.bashrc",
    "zsh": "~/.zshrc",
    "fish": "~/.config/fish/completions/chessa.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(sorted(_WHERE)))
@click.pass_context
def COMMAND(ctx: click.Context, shell: str) -> None:  # noqa: N802  # as of every module here
    """Print the script that makes a shell complete this command.

    In ~/.bashrc: eval "$(chessa completion bash)". In ~/.zshrc: eval "$(chessa completion zsh)".
    For fish: chessa completion fish > ~/.config/fish/completions/chessa.fish
    """
    if found := get_completion_class(shell):
        show_text(found(ctx.find_root().command, {}, "chessa", "_CHESSA_COMPLETE").source())
