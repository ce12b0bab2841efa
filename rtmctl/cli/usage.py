"""A command line that cannot be taken apart, told in the form that it asks for."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from typer.exceptions import TyperException

from rtmctl.base import Exit, PermanentError
from rtmctl.show.output import Output


def form_asked_for(words: Sequence[str]) -> Output:
    """By the last `--output` among the words; what was refused has not become options."""
    form = Output.TEXT
    for word, following in itertools.pairwise((*words, "")):
        name, given, value = word.partition("=")
        if name == "--output" and (value if given else following) in set(Output):
            form = Output(value if given else following)
    return form


@contextmanager
def usage_told() -> Iterator[None]:
    """Programs are told in their form, exit code 2; people by typer, which shows the usage too."""
    try:
        yield
    except TyperException as error:
        form = form_asked_for(sys.argv[1:])
        if form is Output.TEXT:
            raise
        from rtmctl.show.error import show_error

        asked = getattr(error, "ctx", None)
        hint = f"{asked.command_path if asked else 'rtmctl'} --help"
        show_error(PermanentError(error.format_message(), hint=hint, exit=Exit.USAGE), form)
        raise typer.Exit(Exit.USAGE) from None
