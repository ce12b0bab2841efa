"""What `drill stop` and `drill recover` found on the machines, and how each of it ended."""

import json

from rich.text import Text

from rtmctl.device.injection import HoldState
from rtmctl.drill.recover import RecoveryReport
from rtmctl.show.drill.unrestored import details
from rtmctl.show.drill.words import arguments, count
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not
from rtmctl.show.terminal import terminal


def show_recovery(report: RecoveryReport, output: Output) -> None:
    with heard_or_not():
        if output is Output.JSON:
            print(json.dumps({"version": 1, **_keys(report)}))
        else:
            _print(report)


def _print(report: RecoveryReport) -> None:
    console = terminal()
    for held in report.held:
        node, fault = held.injection.node, arguments(held.injection)
        if held.state is HoldState.RESTORED:
            console.print(Text.assemble((node, "bold"), f": {fault}: ", ("restored", "green"), _of(held.drill)))
            continue
        console.print(Text.assemble((node, "bold"), ": ", ("NOT RESTORED", "bold white on red"), _of(held.drill)))
        for line in details(held):
            console.print(Text(f"    {line}"))
    for drill in report.settled:
        console.print(Text(f"drill {drill}: nobody runs it any more; the history says so now"))
    for node, why in report.silent.items():
        console.print(Text.assemble((f"no answer from {node}", "bold red"), f": {why}; what it holds is not known"))
    if report.exit:
        hint = "bring back who is silent, then rtmctl drill recover; rtmctl net drift and net verify tell what is wrong"
        console.print(Text.assemble(("next: ", "bold"), hint))
    elif report.held:
        console.print(Text(f"{count(len(report.held), 'fault')} taken back; rtmctl net verify proves the rest"))
    else:
        console.print(Text(f"nothing of a drill is left on {count(report.asked, 'machine')}", style="green"))


def _of(drill: str) -> str:
    return f" (drill {drill})" if drill else ""


def _keys(report: RecoveryReport) -> dict[str, object]:
    held = [
        {
            "node": one.injection.node,
            "fault": arguments(one.injection),
            "drill": one.drill,
            "state": one.state,
            "before": one.before,
            "after": one.after,
            "failure": one.failure,
        }
        for one in report.held
    ]
    settled = {"settled": report.settled, "asked": report.asked}
    return {"held": held, "silent": dict(report.silent), **settled, "exit": int(report.exit)}
