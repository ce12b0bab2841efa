"""The page of exit code 11: node by node what is not as before the drill, and the commands to run."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from rtmctl.device.injection import Held, HoldState
from rtmctl.drill.types import DrillReport
from rtmctl.show.drill.words import arguments

_SAID = {
    HoldState.NONE: "holds nothing of this drill any more",
    HoldState.ARMED: "still armed: the fault was not made",
    HoldState.ACTIVE: "the fault is still there",
    HoldState.RESTORED: "restored",
    HoldState.BROKEN: "the fault was taken back, and it is not as before",
}


def unrestored(report: DrillReport) -> tuple[Held, ...]:
    """What each node last said of an injection that is not known to be gone."""
    last = {}
    for run in report.runs:
        for held in run.held:
            last[held.injection.node, held.injection.mechanism] = held
    return tuple(held for held in last.values() if held.state is not HoldState.RESTORED)


def print_unrestored(report: DrillReport, console: Console) -> None:
    console.print(Text("what is not as before", style="bold red"))
    for held in unrestored(report):
        first, *others = details(held)
        console.print(Text.assemble("  ", (held.injection.node, "bold"), f": {first}"))
        for line in others:
            console.print(Text(f"    {line}"))
    console.print(Text("what to do, now", style="bold"))
    for number, (command, why) in enumerate(steps(report), 1):
        console.print(Text.assemble(f"  {number}. ", (command, "bold"), f"  {why}"))


def details(held: Held) -> Iterator[str]:
    """What is not as before on one node: how it stands, the fault, what was seen."""
    yield _SAID[held.state]
    yield f"fault: {arguments(held.injection)}"
    if held.failure:
        yield f"seen: {held.failure}"
    if held.expires_in_s:
        yield f"its own guard takes it back within {held.expires_in_s:.0f} s"
    if held.before:
        yield f"hash: {held.before[:12]} before, {held.after[:12] or 'not read'} now"


def steps(report: DrillReport) -> Iterator[tuple[str, str]]:
    """Commands in the order to run them, each with what it does."""
    yield "rtmctl drill recover", "takes back what is left, from any machine that has this site"
    for node in dict.fromkeys(held.injection.node for held in unrestored(report)):
        if node in report.versions:
            yield f"rtmctl net show {node}", "how the switch stands, when that did not help"
        else:
            yield f"log in to {node}", "when that did not help: undo by hand what is named above"
    yield "rtmctl net drift", "what is not as the site says; rtmctl net apply puts it back"
    yield "rtmctl net verify", "proves that the network is as it should be"
    yield f"rtmctl drill show {report.id}", "this page again"
