"""The one question: only on a terminal, and never when --yes was given."""

import sys

import typer

from rtmctl.base import Exit, Refused
from rtmctl.cli.options import Globals, Output


def agree(said: Globals, question: str) -> None:
    """Go on, or end with exit code 13: nothing was changed. Raises as `agrees`."""
    if not agrees(said, question):
        typer.echo("nothing was changed")
        raise typer.Exit(Exit.ABORTED)


def agrees(said: Globals, question: str) -> bool:
    """The answer.

    Raises:
        Refused: there is no terminal to ask at, or the output is for a program, and no --yes.
    """
    if said.yes:
        return True
    if said.output is not Output.TEXT or not sys.stdin.isatty():
        raise Refused(f"{question} There is nobody to ask", hint="--yes answers; nothing was changed")
    return typer.confirm(question)
