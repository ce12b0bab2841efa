"""A change while it works, how it ended, and the history."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rtmctl.change.events import DeviceStep, Event, Note, OnEvent, PhaseBegun, Waiting, WaveBegun
from rtmctl.change.recover import RecoverReport
from rtmctl.change.results import ChangeResult, Outcome, Standing
from rtmctl.show.output import Output
from rtmctl.store import ChangeRow

_GOOD = (Outcome.NOTHING, Outcome.CONFIRMED, Outcome.UNCONFIRMED)
_STANDING = {Standing.OLD: "yellow", Standing.NEW: "green", Standing.PENDING: "yellow", Standing.UNKNOWN: "bold red"}


def reporter(output: Output) -> OnEvent:
    """Events on standard error: lines of text, or one JSON object a line."""
    if output is Output.JSON:
        return _as_json
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return lambda event: _as_text(event, console)


def _as_json(event: Event) -> None:
    print(json.dumps({"version": 1, "event": type(event).__name__, **asdict(event)}), file=sys.stderr, flush=True)


def _as_text(event: Event, console: Console) -> None:
    match event:
        case WaveBegun():
            console.print(f"[bold]wave {event.number}/{event.of} {event.name}[/]: {', '.join(event.devices)}")
        case PhaseBegun():
            console.print(f"[dim]{event.phase}: {len(event.devices)} devices {event.text}[/]")
        case DeviceStep(ok=True):
            timer = f", reverts in {event.reverts_in_s:.0f} s unless confirmed" if event.reverts_in_s else ""
            console.print(f"  {event.device}: {event.step} [green]done[/]{timer}")
        case DeviceStep():
            console.print(
                Text.assemble(f"  {event.device}: {event.step} ", ("failed", "bold red"), f": {event.message}")
            )
        case Waiting():
            console.print(f"  waiting for {event.what}, at most {event.seconds_left:.0f} s more")
        case Note():
            console.print(f"  {event.text}")


def show_result(result: ChangeResult, output: Output) -> None:
    """What came of a change, what stands where, and what to do next."""
    show_results((result,), output)


def show_recovery(report: RecoverReport, output: Output) -> None:
    """Each change that was open, and the devices that did not answer."""
    show_results(report.results, output)
    if report.silent and output is Output.TEXT:
        console = Console(highlight=False, soft_wrap=True)
        console.print(Text.assemble((f"no answer from {', '.join(report.silent)}", "bold red"), ": state unknown"))


def show_results(results: Sequence[ChangeResult], output: Output) -> None:
    """One JSON object a line, or text."""
    if output is Output.JSON:
        for result in results:
            print(json.dumps({"version": 1, **asdict(result), "exit": int(result.exit)}))
        return
    console = Console(highlight=False, soft_wrap=True)
    if not results:
        console.print("nothing to recover: no device holds an unsettled change")
    for result in results:
        _print(result, console)


def _print(result: ChangeResult, console: Console) -> None:
    style = "bold green" if result.outcome in _GOOD else "bold red"
    took = f" ({result.seconds:.1f} s)" if result.seconds else ""
    name = f"change {result.change}: " if result.change else ""
    console.print(Text.assemble(name, (result.outcome.value, style), f": {result.message}{took}"))
    if result.outcome not in (Outcome.NOTHING, Outcome.CONFIRMED):
        for device in result.devices:
            console.print(
                Text.assemble(
                    f"  {device.device}: ", (device.standing.value, _STANDING[device.standing]), _why(device.message)
                )
            )
    if result.hint:
        console.print(Text.assemble(("next: ", "bold"), result.hint))


def _why(message: str) -> str:
    return f": {message}" if message else ""


def show_history(rows: Sequence[ChangeRow], output: Output) -> None:
    """Newest first, as the store gives them."""
    if output is Output.JSON:
        for row in rows:
            kept = asdict(row)
            del kept["plan"]
            print(json.dumps({"version": 1, **kept}))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("change", "when (UTC)", "by", "kind", "outcome", "reason"):
        table.add_column(column)
    for row in rows:
        when = datetime.fromtimestamp(row.begun_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(row.id, when, row.by, row.kind, row.outcome, row.reason)
    console = Console(highlight=False)
    console.print(table if rows else "no change of this site is known to this store")
