"""What `drill stop` and `drill recover` found, and how each injection has ended."""

import json
from dataclasses import asdict

from rich.text import Text

from rtmctl.device.injection import HoldState
from rtmctl.drill.recover import RecoveryReport
from rtmctl.show.drill.words import arguments, count
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not
from rtmctl.show.terminal import terminal

_STYLES = {HoldState.RESTORED: "green", HoldState.NONE: "green"}


def show_recovery(report: RecoveryReport, output: Output) -> None:
    with heard_or_not():
        if output is Output.JSON:
            print(json.dumps({"version": 1, **asdict(report), "exit": int(report.exit)}))
        else:
            _print(report)


def _print(report: RecoveryReport) -> None:
    console = terminal()
    for held in report.held:
        state = Text(held.state.value, style=_STYLES.get(held.state, "bold red"))
        why = f": {held.failure}" if held.failure else ""
        console.print(
            Text.assemble(f"{held.injection.node}: {arguments(held.injection)} of {held.drill}: ", state, why)
        )
    if not report.held and not report.silent:
        console.print(f"nothing is held on any of {count(report.asked, 'machine')}")
    for drill in report.settled:
        console.print(f"drill {drill}: its rtmctl died; the history has it as aborted")
    for name, why in report.silent.items():
        console.print(Text.assemble(f"{name}: ", ("state unknown", "bold red"), f": {why}"))
    if report.exit:
        again = "bring back what does not answer, and repeat rtmctl drill recover; rtmctl net verify tells what differs"
        console.print(Text.assemble(("next: ", "bold"), again))
