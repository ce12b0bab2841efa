"""What the site's hooks are told at the start and at the end of a drill."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from rtmctl.drill.events import Note, OnEvent, Step, StepBegun, StepDone
from rtmctl.drill.gates import refused
from rtmctl.drill.hooks import Failures, call_hooks
from rtmctl.drill.site import DrillSite
from rtmctl.drill.types import DrillPlan
from rtmctl.intent.schema.drills import HookMoment

_BESIDE_S = 10.0
"""of a run, beside its load and its fault: a generous guess for how long alerts are to be silenced"""


@dataclass(frozen=True, slots=True)
class Words:
    """What a hook's body may name."""

    id: str
    site: str
    by: str
    reason: str
    plan: DrillPlan
    runs: int
    began_at: float

    def at(self, verdict: str, end: float) -> dict[str, str]:
        return {
            "drill": self.id,
            "site": self.site,
            "by": self.by,
            "reason": self.reason,
            "fault": self.plan.fault.said,
            "verdict": verdict,
            "start": _moment(self.began_at),
            "end": _moment(end),
        }

    @property
    def ends_at(self) -> float:
        """At the latest, as far as can be told ahead."""
        drill = self.plan.drill
        return self.began_at + self.runs * (drill.before_s + drill.hold_s + drill.after_s + _BESIDE_S) + drill.lease_s


async def tell_start(site: DrillSite, words: Words, emit: OnEvent) -> None:
    """Raises Refused when a hook that is required fails."""
    failures = await _tell(site, HookMoment.START, words.at("", words.ends_at), emit)
    if needed := [error for hook, error in failures if hook.required]:
        raise refused([f"hook {error.message}" for error in needed])


async def tell_end(site: DrillSite, words: Words, verdict: str, emit: OnEvent) -> None:
    """Never raises: what has been done is done."""
    await _tell(site, HookMoment.END, words.at(verdict, time.time()), emit)


async def _tell(site: DrillSite, moment: HookMoment, words: dict[str, str], emit: OnEvent) -> Failures:
    if not site.rules.hooks:
        return ()
    step = Step.START_HOOKS if moment is HookMoment.START else Step.END_HOOKS
    begun = time.monotonic()
    emit(StepBegun(step))
    failures = await call_hooks(site.rules.hooks, moment, words, site.resolve)
    for _, error in failures:
        emit(Note(f"hook {error.message}"))
    emit(StepDone(step, time.monotonic() - begun))
    return failures


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
