"""The audit log on the terminal and as JSON lines, and what its verification found."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from rich.text import Text

from rtmctl.change.audit_log import AuditEntry, AuditReport
from rtmctl.show.findings import render_findings
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal

_NAMED = 6


def show_entries(entries: Sequence[AuditEntry], output: Output) -> None:
    """In the order of the log; one object a line as JSON."""
    if output is Output.JSON:
        for entry in entries:
            print(json.dumps({"version": 1, **asdict(entry)}))
        return
    heads = ("entry", "when (UTC)", "by", "action", "change", "outcome", "devices", "reason")
    table = Grid(*heads, right=("entry",), wraps=("devices", "reason"))
    for entry in entries:
        many = len(entry.devices) > _NAMED
        devices = f"{len(entry.devices)} devices" if many else ", ".join(entry.devices)
        when = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        words = (str(entry.number), when, entry.by, entry.action, entry.change, entry.outcome, devices, entry.reason)
        table.add(*(Text(word) for word in words))
    console = terminal()
    console.print(table if entries else "no entry")


def show_audit(report: AuditReport, output: Output, *, store: str) -> None:
    """Every fault, then what the verdict rests on and what was not looked at."""
    if output is Output.JSON:
        print(json.dumps({"version": 1, "store": store, **asdict(report), "exit": int(report.exit)}))
        return
    console = terminal()
    if report.faults:
        print(render_findings(report.faults, color=console.is_terminal), end="")
    whole = "is whole" if report.exit.value == 0 or report.exit.name == "INCONCLUSIVE" else "is not whole"
    console.print(
        f"the log in {store} {whole}: {report.entries} entries, compared with {report.anchors} heads on devices"
    )
    if report.unread:
        names = ", ".join(sorted(report.unread)) if len(report.unread) <= _NAMED else f"{len(report.unread)} devices"
        why = "; ".join(sorted(set(report.unread.values())))
        console.print(f"not checked: whether its end was cut off, by the heads on {names} ({why})")
    if not report.listed:
        console.print(
            "not checked: whether its key was replaced; audit.keys of the site names none, so this store's own counts"
        )
    for other in report.others:
        console.print(f"not checked: the log of {other}, whose head the devices hold too; its own store verifies it")
