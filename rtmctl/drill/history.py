"""Earlier drills, as the store has them; what they say together is told by `trend`."""

from rtmctl.base import PermanentError
from rtmctl.drill.report_json import drill_report_from_json
from rtmctl.drill.types import DrillReport
from rtmctl.store import DrillRow, Store

_READ = 500
"""rows that one look at the history reads"""


def past_drills(store: Store, site: str, name: str = "", limit: int = 20) -> tuple[DrillRow, ...]:
    """The newest first, with their reports. `name`: of this drill or fault alone. Raises StoreError."""
    rows = store.drills(site, _READ if name else limit)
    return tuple(row for row in rows if name in ("", row.name, row.fault))[:limit]


def find_report(store: Store, site: str, drill: str) -> DrillReport:
    """Raises PermanentError when there is no such drill, or it has not ended."""
    row = store.drill(drill)
    if row is None or row.site != site:
        raise PermanentError(f"site {site} has no drill {drill!r} in this store", hint="rtmctl drill history")
    if not row.report:
        raise PermanentError(
            f"drill {drill} has no report: {row.message or row.outcome}",
            hint="rtmctl drill recover, when the rtmctl that ran it is dead",
        )
    return drill_report_from_json(row.report, drill)
