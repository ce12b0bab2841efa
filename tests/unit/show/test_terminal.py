"""A reader who leaves early must not end what is going on: the change's own reporter, and the drill's."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rtmctl.change.events import Note
from rtmctl.drill.events import Note as DrillNote
from rtmctl.show.change import reporter
from rtmctl.show.drill import reporting
from rtmctl.show.output import Output


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
