"""A change while it works, how it ended, and the history."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from rtmctl.change.events import DeviceStep, Event, Note, OnEvent, PhaseBegun, StageBegun, Waiting, WaveBegun
from rtmctl.change.recover import RecoverReport
from rtmctl.change.results import ChangeResult, Outcome, Standing
from rtmctl.change.standing import OpenChange
from rtmctl.show.output import Output
from rtmctl.show.streams import heard_or_not
from rtmctl.show.terminal import terminal

_EVERY_S = 5.0
_REPEAT_S = 60.0
_NAMED = 6
"""devices that one line names; more are counted"""
_GOOD = (Outcome.NOTHING, Outcome.CONFIRMED, Outcome.UNCONFIRMED)
_NEXT = {
    Outcome.CONFIRMED: "rtmctl net verify; to go back: rtmctl net rollback {id}",
    Outcome.UNCONFIRMED: "rtmctl net verify, then rtmctl net confirm {id}; else it reverts by itself",
    Outcome.UNKNOWN: "rtmctl net recover, now; rtmctl net show DEVICE says what each runs",
}
_STANDING = {Standing.OLD: "yellow", Standing.NEW: "green", Standing.PENDING: "yellow", Standing.UNKNOWN: "bold red"}


_PHASES = {
    "read": "reading what runs on",
    "lease": "taking the lease of",
    "check": "comparing with the plan, taking the baseline:",
    "stage": "staging the targets on",
    "drain": "moving traffic away from",
    "health": "health must be no worse than before:",
    "confirm": "confirming",
    "undo": "undoing on",
    "recover": "looking for unsettled changes on",
}
"""what an operator reads for a phase; a phase without a line here is shown by its name"""


def reporter(output: Output) -> OnEvent:
    """Events on standard error: lines of text, or one JSON object a line. Whether anybody hears them is no matter."""
    console = terminal(stderr=True)
    news = _News(time.monotonic)

    def say(event: Event) -> None:
        if not news.is_new(event):
            return
        with heard_or_not():
            if output is Output.JSON:
                _as_json(event)
            else:
                _as_text(event, console)

    return say


class _News:
    """Leaves out what was said a moment ago: a wait is told every `_EVERY_S`, what it repeats meanwhile not at all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: dict[tuple[object, ...], float] = {}

    def is_new(self, event: Event) -> bool:
        match event:
            case Waiting():
                key: tuple[object, ...] = (Waiting, event.what.split(",")[0])
            case PhaseBegun():
                key = (PhaseBegun, event.phase, event.devices)
            case _:
                self._said.clear()
                return True
        now, last = self._clock(), self._said.get(key)
        if last is not None and now - last < (_EVERY_S if isinstance(event, Waiting) else _REPEAT_S):
            return False
        self._said[key] = now
        return True


def _as_json(event: Event) -> None:
    print(json.dumps({"version": 1, "event": type(event).__name__, **asdict(event)}), file=sys.stderr, flush=True)


def _as_text(event: Event, console: Console) -> None:
    match event:
        case StageBegun():
            console.print(Text(f"stage {event.number}/{event.of} {event.name}", style="bold"))
        case WaveBegun():
            console.print(f"[bold]wave {event.number}/{event.of} {event.name}[/]: {', '.join(event.devices)}")
        case PhaseBegun(devices=(), text=""):
            pass  # nothing to undo: no device was changed yet
        case PhaseBegun():
            words = _PHASES.get(event.phase, f"{event.phase}:")
            many = ", ".join(event.devices) if len(event.devices) <= _NAMED else f"{len(event.devices)} devices"
            console.print(f"[dim]{words} {many}{' ' if event.text else ''}{event.text}[/]")
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
    with heard_or_not():
        show_results((result,), output)


def show_recovery(report: RecoverReport, output: Output) -> None:
    """Each change that was open, and the devices that did not answer."""
    with heard_or_not():
        _show_recovery(report, output)


def _show_recovery(report: RecoverReport, output: Output) -> None:
    if output is Output.JSON:
        body = {
            "version": 1,
            "recovered": len(report.results),
            "silent": report.silent,
            "left": report.left,
            "exit": int(report.exit),
        }
        show_results(report.results, output)
        print(json.dumps(body))
        return
    if report.results or not (report.silent or report.left):
        show_results(report.results, output)
    for change in report.left:
        terminal().print(f"change {change} still waits: rtmctl net confirm {change}")
    if report.silent:
        console = terminal()
        console.print(Text.assemble((f"no answer from {', '.join(report.silent)}", "bold red"), ": state unknown"))
        console.print(Text.assemble(("next: ", "bold"), "bring them back and repeat rtmctl net recover"))


def waiting_words(change: OpenChange, now: float) -> str:
    """Who waits for the confirmation of what, and until when; `now` in seconds since the epoch."""
    seconds = change.waits or 0.0
    until = datetime.fromtimestamp(now + seconds, UTC).strftime("%H:%M:%S")
    manifest = change.manifest
    why = f" ({manifest.reason})" if manifest.reason else ""
    where = ", ".join(sorted(change.holdings))
    return (
        f"change {manifest.id} by {manifest.by}{why} is applied on {where} and waits until "
        f"{until} UTC, {seconds:.0f} s more, for rtmctl net confirm {manifest.id}"
    )


def show_results(results: Sequence[ChangeResult], output: Output) -> None:
    """One JSON object a line, or text."""
    if output is Output.JSON:
        for result in results:
            print(json.dumps({"version": 1, **asdict(result), "exit": int(result.exit)}))
        return
    console = terminal()
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
    if hint := result.hint or _NEXT.get(result.outcome, "").format(id=result.change):
        console.print(Text.assemble(("next: ", "bold"), hint))


def _why(message: str) -> str:
    return f": {message}" if message else ""
