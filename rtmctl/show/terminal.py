"""Where text goes: as wide as the terminal, and wide enough for any table where there is none."""

import sys
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

WITHOUT_TERMINAL = 200
"""columns in a file or a CI log, where nothing can be scrolled sideways and nothing should be cut"""
_SHOWN = {code: "�" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


class Terminal(Console):
    """What devices and people have written moves no cursor and changes no colour: its control characters are shown."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=segment.text.translate(_SHOWN))

    def on_broken_pipe(self) -> None:
        """Passed on: rich would end the program, and with it a change or a drill half way, for want of a reader."""
        raise BrokenPipeError


def terminal(*, stderr: bool = False) -> Console:
    """Lines are never broken; tables fit the terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Terminal(highlight=False, soft_wrap=True, stderr=stderr, width=None if stream.isatty() else WITHOUT_TERMINAL)
