"""Removing all of a lab, whatever state it is in: by its state file, and where that tells nothing, by what is found."""

import shutil
from pathlib import Path

from rtmctl.base import PermanentError, StateUnknown
from rtmctl.lab import anchor, cgroups, power, state
from rtmctl.lab.driver import Progress
from rtmctl.lab.layout import LabFolder
from rtmctl.lab.process import Process


def clear(folder: LabFolder, progress: Progress) -> bool:
    """Kill the lab's first process and with it all others, then remove control groups and files; all else was in them.

    Returns:
        False when there was nothing.

    Raises:
        StateUnknown: its first process did not die.
        OSError: it is another user's.
    """
    try:
        found = state.load(folder.state)
    except PermanentError as error:
        progress(f"{error.message}: looking for what runs")
        found = None
    if found is not None:
        first: tuple[Process, ...] = (found.anchor,) if found.anchor is not None else ()
        groups = tuple(map(Path, found.cgroups))
    else:
        first, groups = anchor.find(folder), cgroups.find(folder.path)
    power.let_go(folder)
    for process in first:
        if not process.kill():
            raise StateUnknown(
                f"lab {folder.path.name}: process {process.pid} was killed and is still there",
                hint="a process in it hangs in the kernel; try `lab down` again",
            )
    cgroups.remove(groups)
    there = folder.path.exists()
    if there:
        shutil.rmtree(folder.path)
    return there or bool(first)
