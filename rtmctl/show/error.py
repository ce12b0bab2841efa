"""One error, as the operator reads it on standard error."""

from rich.console import Console
from rich.text import Text

from rtmctl.base import RtmctlError


def print_error(error: RtmctlError) -> None:
    """The message, and under it what to do next."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text.assemble(("next:  ", "bold"), error.hint))
