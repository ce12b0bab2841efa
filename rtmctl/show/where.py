"""Where something is seen."""

import json
from dataclasses import asdict

from rich.table import Table

from rtmctl.observe.where import Standing, WhereReport
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal

_STYLE = {Standing.HERE: "green", Standing.ROUTED: "green", Standing.DUPLICATE: "bold red", Standing.STALE: "yellow"}


def print_where(report: WhereReport, output: Output) -> None:
    if output is Output.JSON:
        print(json.dumps({"version": 1, **asdict(report)}, default=str))
        return
    console = terminal()
    if report.planned:
        console.print(f"the site wants {report.query} at {', '.join(report.planned)}")
    if not report.sightings:
        console.print(f"no device sees {report.query}; a silent host is seen when it next speaks")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("device", "port", "host", "segment", "tenant", "VTEP", "MAC", "addresses", "standing"):
        table.add_column(column)
    for s in report.sightings:
        style = _STYLE.get(s.standing, "yellow")
        standing = f"[{style}]{s.standing.value}[/]" + (f": {s.note}" if s.note else "")
        addresses = " ".join(map(str, s.addresses))
        table.add_row(s.device, s.port, s.host, s.segment, s.tenant, str(s.vtep or ""), s.mac, addresses, standing)
    console.print(table)
