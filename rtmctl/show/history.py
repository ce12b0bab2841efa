"""The history on the terminal and as JSON: what is known of each change, and since when."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from rich.text import Text

from rtmctl.change.settling import moment, unsettled
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal
from rtmctl.store import ChangeRow, StandingRow


def show_history(rows: Sequence[ChangeRow], standings: Sequence[StandingRow], output: Output) -> None:
    """Newest first, as the store gives them; then of each change whose end is not known what its devices last said."""
    told = {row.id: [one for one in standings if one.change == row.id] for row in rows}
    if output is Output.JSON:
        for row in rows:
            kept = asdict(row)
            del kept["plan"]
            known_at = _known_at(row, told[row.id])
            print(json.dumps({"version": 1, **kept, "known_at": known_at, "devices": list(map(asdict, told[row.id]))}))
        return
    table = Grid("change", "when (UTC)", "by", "kind", "outcome", "reason", wraps=("reason",))
    for row in rows:
        kind = f"{row.kind} of {row.undoes}" if row.undoes else row.kind
        when = datetime.fromtimestamp(row.begun_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add(*(Text(word) for word in (row.id, when, row.by, kind, row.outcome, row.reason)))
    console = terminal()
    console.print(table if rows else "no change of this site is known to this store")
    for row in unsettled(rows):
        console.print(_open(row, told[row.id]))


def _open(row: ChangeRow, standings: Iterable[StandingRow]) -> Text:
    """How old the knowledge is, and what makes it new."""
    said = "; ".join(f"{one.device} {one.standing} ({one.reason})" if one.reason else one.device for one in standings)
    return Text.assemble(
        (row.id, "bold"),
        f": {row.outcome} as of {moment(_known_at(row, standings))}",
        f": {said}" if said else "",
        "; the devices know more: rtmctl net drift reads them, and the history follows",
    )


def _known_at(row: ChangeRow, standings: Iterable[StandingRow]) -> float:
    return max((one.seen_at for one in standings), default=row.ended_at or row.begun_at)
