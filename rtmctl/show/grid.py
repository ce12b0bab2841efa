"""Rows under headings, on a terminal of any width: nothing an operator may want to copy is ever cut."""

from collections.abc import Collection, Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

GAP = 2
"""columns between two of the grid"""


class Grid:
    """Printed as a table where it fits, else as one paragraph a row: its first value, then the others by heading.

    Args:
        heads: the headings.
        right: headings of columns of numbers.
        wraps: headings of columns of sentences, whose lines may be broken.
    """

    def __init__(self, *heads: str, right: Collection[str] = (), wraps: Collection[str] = ()) -> None:
        self._heads, self._right, self._wraps = heads, right, wraps
        self._rows: list[tuple[Text, ...]] = []

    def add(self, *cells: str | Text) -> None:
        """A row; strings may hold markup."""
        self._rows.append(tuple(Text.from_markup(c) if isinstance(c, str) else c for c in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table | Text]:
        if self._narrowest() <= options.max_width:
            yield self._table()
        else:
            for row in self._rows:
                yield from self._paragraph(row, options.max_width)

    def _narrowest(self) -> int:
        """Width of the table with every sentence broken at its longest word."""
        widths = []
        for number, head in enumerate(self._heads):
            cells = [row[number].plain for row in self._rows if number < len(row)]
            parts = [w for cell in cells for w in cell.split()] if head in self._wraps else cells
            widths.append(max(map(cell_len, [*parts, head])))
        return sum(widths) + GAP * (len(widths) - 1)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for head in self._heads:
            right = head in self._right
            table.add_column(head, justify="right" if right else "left", no_wrap=head not in self._wraps)
        for row in self._rows:
            table.add_row(*row)
        return table

    def _paragraph(self, row: tuple[Text, ...], width: int) -> Iterator[Text]:
        first, *others = row
        yield Text.assemble(first, style="bold")
        about = [Text.assemble((f"{h} ", "dim"), c) for h, c in zip(self._heads[1:], others, strict=False) if c.plain]
        for line in packed(Text(", ").join(about).split(" "), width - GAP):
            yield Text.assemble(" " * GAP, line)


def packed(words: Iterable[Text], width: int) -> Iterator[Text]:
    """Words in lines; one that is wider than a line stands alone, whole (rich would cut or fold it)."""
    line = Text()
    for word in words:
        if line and line.cell_len + 1 + word.cell_len > width:
            yield line
            line = Text()
        line = Text.assemble(line, " ", word) if line else word
    if line:
        yield line
