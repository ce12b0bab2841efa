"""Going back: a new plan whose target is what a change found before it."""

from rtmctl.base import PermanentError, Refused
from rtmctl.change.plan_file import plan_from_json
from rtmctl.change.plan_types import Plan
from rtmctl.change.results import Outcome
from rtmctl.change.secrets import hidden_secrets
from rtmctl.model.config import DeviceConfig
from rtmctl.store import ChangeRow, Store

_LOOKED_AT = 500


def changed_by(store: Store, site: str, change: str) -> tuple[ChangeRow, Plan]:
    """A change of the history and its plan.

    Raises:
        PermanentError: there is no such change of this site in the store.
    """
    row = store.change(change)
    if row is None or row.site != site:
        known = ", ".join(row.id for row in store.changes(site, 5)) or "none"
        raise PermanentError(f"site {site} has no change {change} in {store.name}", hint=f"the newest: {known}")
    return row, plan_from_json(row.plan, f"the plan of change {change}")


def old_targets(store: Store, site: str, change: str) -> tuple[dict[str, DeviceConfig], dict[str, str | None]]:
    """What each device ran before the change, and its note `drain` of that time.

    Raises:
        PermanentError: no such change.
        Refused: it never took effect, or the old text holds a secret that no reference leads to.
    """
    row, plan = changed_by(store, site, change)
    if row.outcome not in (Outcome.CONFIRMED.value, Outcome.UNCONFIRMED.value, Outcome.PARTLY.value):
        raise Refused(f"change {change} is {row.outcome}: there is nothing to roll back", hint="rtmctl net history")
    found: dict[str, DeviceConfig] = {}
    drains: dict[str, str | None] = {}
    for stage in plan.stages:
        for part in stage.devices:
            found.setdefault(part.device, part.files or part.before)
            drains.setdefault(part.device, part.drain_before)
    if lost := sorted(name for name, text in found.items() if hidden_secrets(text.to_text())):
        raise Refused(
            f"what {', '.join(lost)} ran before holds a secret that no reference of the site leads to",
            hint="put the old intent back in git and plan that",
        )
    return found, drains


def rolled_back_targets(store: Store, site: str) -> frozenset[str]:
    """Hashes of targets that were applied and rolled back later: a plan with one of them does it again."""
    rows = store.changes(site, _LOOKED_AT, plans=False)
    undone = {row.undoes for row in rows if row.undoes and row.outcome == Outcome.CONFIRMED.value}
    hashes: set[str] = set()
    for change in sorted(undone & {row.id for row in rows}):
        try:
            plan = changed_by(store, site, change)[1]
        except PermanentError:  # as another version of rtmctl wrote it
            continue
        hashes |= {part.target_hash for stage in plan.stages for part in stage.devices}
    return frozenset(hashes)
