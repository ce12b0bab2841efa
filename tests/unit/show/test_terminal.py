"""A reader who leaves early ends nothing, and what devices have written moves no cursor."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.text import Text

from rtmctl.change.events import Note
from rtmctl.drill.events import Note as DrillNote
from rtmctl.show.change import reporter
from rtmctl.show.drill import reporting
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def change(output: Output) -> None:
    reporter(output)(Note("still here"))


def drill(output: Output) -> None:
    with reporting(output) as emit:
        emit(DrillNote("still here"))


@pytest.mark.parametrize("output", [Output.TEXT, Output.JSON])
@pytest.mark.parametrize("tell", [change, drill])
def test_a_closed_pipe_is_survived(
    tell: Callable[[Output], None], output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    with os.fdopen(ours, "w") as gone, Path(os.devnull).open("w") as spare:
        monkeypatch.setattr(sys, "stderr", gone)
        monkeypatch.setattr(sys, "stdout", spare)
        tell(output)
        tell(output)


def test_control_characters_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b1m\ttab\nline"
    console = terminal()
    table = Grid("what")
    table.add(Text(evil.replace("\n", "")))
    console.print(Text(evil), table)
    said = capsys.readouterr().out
    assert not set(said) & {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))} - {"\n", "\t"}
    assert "owned" in said and "red" in said and "\nline" in said


def test_colours_are_not_taken_for_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal().print(Text("gone", style="bold red"))
    assert screen.getvalue() == "\x1b[1;31mgone\x1b[0m\n"
