"""Where text goes: as wide as the terminal, and wide enough for any table where there is none."""

import sys

from rich.console import Console

WITHOUT_TERMINAL = 200
"""columns in a file or a CI log, where nothing can be scrolled sideways and nothing should be cut"""


def terminal(*, stderr: bool = False) -> Console:
    """Lines are never broken; tables fit the terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(highlight=False, soft_wrap=True, stderr=stderr, width=None if stream.isatty() else WITHOUT_TERMINAL)
