"""Where something is seen, and what of the fabric itself it is."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from rich.text import Text

from rtmctl.observe.owned import Owned
from rtmctl.observe.where import Standing, WhereReport
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal

_STYLE = {Standing.HERE: "green", Standing.ROUTED: "green", Standing.DUPLICATE: "bold red", Standing.STALE: "yellow"}
_THERE = {True: ("yes", "green"), False: ("no", "bold red"), None: ("not read", "yellow")}


def print_where(report: WhereReport, output: Output, *, unread: Mapping[str, str] | None = None) -> None:
    """`unread`: device to why it could not be asked."""
    if output is Output.JSON:
        print(json.dumps({"version": 1, **asdict(report), "unread": dict(unread or {})}, default=str))
        return
    console = terminal()
    if report.planned:
        console.print(f"the site wants {report.query} at {', '.join(report.planned)}")
    if report.owned:
        console.print(_owned(report.owned))
    if report.sightings:
        console.print(_sightings(report))
    for device, why in sorted((unread or {}).items()):
        console.print(Text(f"{device} could not be asked: {why}", style="yellow"))
    if not report.sightings and not report.owned:
        lies = f"; it lies in {report.segment}" if report.segment else ""
        console.print(f"no device sees {report.query}{lies}")
        console.print("next:  a silent host is seen when it next speaks: let it ping its gateway, then ask again")


def _owned(rows: tuple[Owned, ...]) -> Grid:
    table = Grid("device", "interface", "VRF", "address", "there", "what", wraps=("what",))
    for row in rows:
        table.add(row.device, row.interface, row.vrf, row.address, Text(*_THERE[row.there]), row.what)
    return table


def _sightings(report: WhereReport) -> Grid:
    table = Grid(
        "device",
        "port",
        "host",
        "segment",
        "tenant",
        "VTEP",
        "MAC",
        "addresses",
        "standing",
        wraps=("addresses", "standing"),
    )
    for s in report.sightings:
        standing = Text.assemble((s.standing.value, _STYLE.get(s.standing, "yellow")), f": {s.note}" if s.note else "")
        addresses = " ".join(map(str, s.addresses))
        table.add(s.device, s.port, s.host, s.segment, s.tenant, str(s.vtep or ""), s.mac, addresses, standing)
    return table
