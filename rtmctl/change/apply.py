"""`net apply`: carry out a plan so that it either stands everywhere or nowhere."""

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

from rtmctl.base import PermanentError, Refused
from rtmctl.change.errors import StalePlan
from rtmctl.change.events import OnEvent, ignore
from rtmctl.change.fleet import Connect, Fleet
from rtmctl.change.freeze import refuse_frozen
from rtmctl.change.gates import refuse_unsettled
from rtmctl.change.journal import Journal, StoreJournal
from rtmctl.change.options import ApplyOptions, CommitMode, Timing
from rtmctl.change.plan import whoami
from rtmctl.change.plan_file import plan_to_json, seal
from rtmctl.change.plan_types import Plan
from rtmctl.change.results import ChangeResult, Outcome
from rtmctl.change.run import ChangeRun, Site
from rtmctl.change.secrets import changed_secrets
from rtmctl.store import ChangeRow, Store

_DEFAULTS = ApplyOptions()


_NO_SITE = Site()


async def apply(
    plan: Plan,
    connect: Connect,
    store: Store,
    *,
    site: Site = _NO_SITE,
    options: ApplyOptions = _DEFAULTS,
    emit: OnEvent = ignore,
    stop: asyncio.Event | None = None,
    journal: Journal | None = None,
    kind: str = "",
    now: Callable[[], float] = time.time,
) -> ChangeResult:
    """Apply a plan.

    Args:
        stop: set it to have the change undone at the next safe point (Ctrl-C). Cancelling leaves the undo armed.
        kind: how history and audit call it; apply or rollback by itself.
        journal: where entries go instead of the store's journal.

    Returns:
        how it ended once the first device was touched; `exit` is the command's exit code.

    Raises:
        StalePlan, Locked, Refused, StepFailed and other RtmctlErrors: nothing was changed on any device.
    """
    if plan != seal(plan):
        raise PermanentError("the plan was edited after it was made", hint="make it again")
    if plan.empty and plan.unsettled:
        await _refuse_passing(plan, connect, options.timing)
    if plan.empty:
        return ChangeResult("", Outcome.NOTHING, "every device already runs its target")
    overridden = refuse_frozen(site.freezes, datetime.fromtimestamp(now(), UTC), options.override_freeze)
    if plan.outages and not options.accept_outage:
        raise Refused("; ".join(plan.outages), hint="--accept-outage")
    if plan.mixed and options.commit is CommitMode.WAVE:
        raise Refused(
            f"confirming wave by wave may leave standing what fails a proof; {'; '.join(plan.mixed)}",
            hint="--commit all confirms all waves together",
        )
    if len(plan.stages) > 1 and options.commit is CommitMode.WAVE:
        raise Refused(
            f"the plan has {len(plan.stages)} stages, and what stands between two of them is not to stay",
            hint="leave --commit wave out: stages are decided together",
        )
    if changed := changed_secrets(plan.secrets, site.resolve, site.plan_key):
        raise StalePlan(f"{', '.join(changed)} changed since the plan was made", hint="make the plan again")
    change = new_change_id(now())
    by = options.by or whoami()
    kind = kind or ("rollback" if plan.undoes else "apply")
    store.begin_change(
        ChangeRow(
            id=change,
            site=plan.site,
            kind=kind,
            by=by,
            reason="; ".join(text for text in (options.reason, overridden) if text),
            begun_at=now(),
            ended_at=None,
            outcome=Outcome.RUNNING.value,
            message="",
            plan=plan_to_json(plan),
            undoes=plan.undoes,
        )
    )
    run = ChangeRun(
        plan=plan,
        change=change,
        by=by,
        store=store,
        journal=journal or StoreJournal(store, change, now),
        fleet=Fleet(connect),
        site=site,
        options=options,
        emit=emit,
        stop=stop or asyncio.Event(),
        now=now,
        kind=kind,
    )
    return await run.carry_out()


async def _refuse_passing(plan: Plan, connect: Connect, timing: Timing) -> None:
    """Nothing is to do, but what runs is another change that may yet go back: then it is not done either.

    Raises:
        Locked, Refused: it is at work, or waits.
        StalePlan: it has been settled since the plan was made.
    """
    fleet = Fleet(connect)
    try:
        await refuse_unsettled(fleet, plan.unsettled, timing)
    finally:
        await fleet.close()
    raise StalePlan("a change has been settled since the plan was made", hint="make the plan again")


def new_change_id(now: float) -> str:
    """Sorts by time and is the same on no two machines: 20261123-104500-3fa9c1."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S-") + os.urandom(3).hex()
