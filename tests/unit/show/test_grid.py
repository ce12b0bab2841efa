"""On a terminal of any width nothing is cut, and lines of a table that fits are not broken."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from rtmctl.show.grid import Grid

VALUES = ("20261123-134746-fff0aa", "root@a-machine-of-ours", "confirmed", "10.255.2.175 2001:db8:96::d136")


def shown(width: int) -> str:
    grid = Grid("change", "by", "outcome", "why it was done", wraps=("why it was done",))
    grid.add(*VALUES[:3], Text("a fan on spine1 is loud, " + VALUES[3]))
    grid.add("second", "", "[green]reverted[/]", "")
    console = Console(file=io.StringIO(), width=width, soft_wrap=True)
    console.print(grid)
    return console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_every_value_stands_whole_in_one_line(width: int) -> None:
    lines = shown(width).splitlines()
    for value in (*VALUES[:3], *VALUES[3].split(), "reverted"):
        assert any(value in line for line in lines), (value, lines)


@pytest.mark.parametrize(("width", "table"), [(60, False), (80, True), (200, True)])
def test_a_table_where_it_fits(width: int, table: bool) -> None:
    lines = shown(width).splitlines()
    assert lines[0].startswith("change") is table
    assert all(len(line.rstrip()) <= width for line in lines)


def test_numbers_stand_to_the_right() -> None:
    grid = Grid("check", "wrong", right=("wrong",))
    grid.add("bgp", "4")
    console = Console(file=io.StringIO(), width=80)
    console.print(grid)
    assert console.file.getvalue() == "check  wrong\nbgp        4\n"  # type: ignore[attr-defined]  # a StringIO
