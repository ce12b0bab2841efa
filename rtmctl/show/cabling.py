"""The cable list as CSV (RFC 4180) for the people with the cables, or as JSON."""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TextIO

from rtmctl.observe.cabling import CableRow
from rtmctl.show.output import Output

HEAD = ("device", "port", "far_device", "far_port", "kind", "description", "planned")


def print_cabling(rows: Sequence[CableRow], output: Output, file: TextIO | None = None) -> None:
    """The column `seen` (by LLDP) is there when any row was read live."""
    out = file or sys.stdout
    if output is Output.JSON:
        out.write(json.dumps({"version": 1, "cables": [asdict(row) for row in rows]}) + "\n")
        return
    live = any(row.seen is not None for row in rows)
    writer = csv.writer(out, lineterminator="\r\n" if file is not None else "\n")
    writer.writerow((*HEAD, "seen") if live else HEAD)
    for row in rows:
        planned = "yes" if row.planned else "no"
        cells = [row.device, row.port, row.far_device, row.far_port, row.kind, row.description, planned]
        writer.writerow([*cells, "not read" if row.seen is None else row.seen] if live else cells)
