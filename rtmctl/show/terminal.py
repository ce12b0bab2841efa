"""Where text goes: as wide as the terminal, and wide enough for any table where there is none."""

import sys

from rich.console import Console

WITHOUT_TERMINAL = 200
"""columns in a file or a CI log, where nothing can be scrolled sideways and nothing should be cut"""


class Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Passed on: rich would end the program, and with it a change or a drill half way, for want of a reader."""
        raise BrokenPipeError


def terminal(*, stderr: bool = False) -> Console:
    """Lines are never broken; tables fit the terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Terminal(highlight=False, soft_wrap=True, stderr=stderr, width=None if stream.isatty() else WITHOUT_TERMINAL)
