"""A whole drill: gates, leases, hooks, runs; and at the end, whatever came of it, the report."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rtmctl.base import Exit, PermanentError, Refused, RtmctlError
from rtmctl.change.apply import new_change_id
from rtmctl.change.auditing import Account
from rtmctl.change.events import Note as ChangeNote
from rtmctl.change.fleet import Fleet
from rtmctl.change.interrupt import Stop
from rtmctl.change.journal import StoreJournal
from rtmctl.change.options import Timing
from rtmctl.change.plan import whoami
from rtmctl.device.injection import Holder
from rtmctl.drill.events import Note, OnEvent, Planned, Step, StepBegun, StepDone, ignore
from rtmctl.drill.gates import pass_gates, refused
from rtmctl.drill.holding import close_holders, not_restored
from rtmctl.drill.journal import Entry, drill_journal
from rtmctl.drill.leases import Leases
from rtmctl.drill.planning import Prepared
from rtmctl.drill.report_json import drill_report_to_json
from rtmctl.drill.run import Bench, OneRun
from rtmctl.drill.site import DrillSite
from rtmctl.drill.telling import Words, tell_end, tell_start
from rtmctl.drill.timers import Timers
from rtmctl.drill.types import DrillPlan, DrillReport, Run, Verdict
from rtmctl.drill.verdict import exit_of, worst_of
from rtmctl.observe import Sessions
from rtmctl.store import DrillRow, StoreError

LEASE_S = 12.0
"""of the switches; renewed while the drill lives, and how long a dead one keeps others out"""


@dataclass(frozen=True, slots=True)
class RunOptions:
    runs: int = 1
    control: bool = False
    """one more run first, without the fault: the noise floor"""
    by: str = ""
    reason: str = ""


async def carry_out(
    site: DrillSite,
    prepared: Prepared,
    options: RunOptions,
    *,
    emit: OnEvent = ignore,
    stop: Stop | None = None,
    now: Callable[[], float] = time.time,
) -> DrillReport:
    """Run a drill as it was planned.

    Args:
        stop: set it to have the fault taken back at once.

    Returns:
        how it ended once it had begun; `exit` is the command's exit code.

    Raises:
        Refused, Locked, StepFailed and other RtmctlErrors: nothing was broken.
    """
    if prepared.plan.refused:
        raise refused(prepared.plan.refused)
    _ = site.network.store.signer  # a drill that nobody could sign for is not begun
    drill = _Carrying(site, prepared, options, emit, stop or Stop(), now)
    try:
        return await drill.carry_out()
    finally:
        await drill.close()


@dataclass(slots=True)
class _Carrying:
    site: DrillSite
    prepared: Prepared
    options: RunOptions
    emit: OnEvent
    stop: Stop
    now: Callable[[], float]
    id: str = ""
    by: str = ""
    began_at: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    timers: dict[str, str] = field(default_factory=dict)
    holders: tuple[Holder, ...] = ()
    """open since the gates, for the first run that needs them"""
    fleet: Fleet = field(init=False)
    sessions: Sessions = field(init=False)
    journal: StoreJournal = field(init=False)

    def __post_init__(self) -> None:
        self.began_at = self.now()
        self.id, self.by = new_change_id(self.began_at), self.options.by or whoami()
        self.fleet = Fleet(self.site.network.connect)
        self.sessions = Sessions(frozenset(self.site.network.platforms), self.site.opener)
        self.journal = drill_journal(self.site.network.store, self.id, self.now)

    @property
    def plan(self) -> DrillPlan:
        return self.prepared.plan

    async def close(self) -> None:
        await close_holders(self.holders)
        await self.fleet.close()
        await self.sessions.close()

    async def carry_out(self) -> DrillReport:
        """The leases come first: what another change or drill does meanwhile would look like a network gone bad."""
        self.emit(Planned(self.id, self.plan, self.options.runs + self.options.control))
        for note in self.prepared.notes:
            self.emit(Note(note))
        leases = Leases(self.id, self.fleet, self.journal, self.emit, Timing(lease_ttl_s=LEASE_S))
        with self._timed(Step.LEASE):
            await leases.take(self._nodes(), self.stop)
        try:
            await self._pass_gates()
            return await self._accounted(leases)
        finally:
            with self._timed(Step.RELEASE):
                await leases.release()

    async def _pass_gates(self) -> None:
        with self._timed(Step.GATES):
            steady, self.holders = await pass_gates(self.site, self.plan, self.sessions, self.fleet, self.emit)
        self.prepared = self.prepared.negotiated(steady.states)
        self.versions = dict(steady.versions)
        self.timers = Timers(self.site.around.models, steady.states).deployed()
        if self.stop.is_set():
            ends = Exit.INTERRUPTED if self.stop.by_keyboard else Exit.ABORTED
            raise PermanentError("interrupted before anything was broken", exit=ends)

    async def _accounted(self, leases: Leases) -> DrillReport:
        """History and audit log get its beginning and its end, whatever came of it."""
        store = self.site.network.store
        account = Account("drill", self.by, self.id, self.site.name, self._nodes(), self._deed())
        account.write(store, "begun", self.now())
        self._remember_begin()
        self.journal.append(Entry.BEGIN, detail=self.plan.fault.said)
        try:
            report = await self._told(leases)
        except RtmctlError as error:
            self._remember_end("refused" if isinstance(error, Refused) else "failed", error.message, "")
            await account.close(store, "nothing broken", self.now(), self.fleet, self._say)
            raise
        self.journal.append(Entry.END, detail=report.verdict.value)
        self._remember_end(report.verdict.value, summary(report), drill_report_to_json(report))
        await account.close(store, report.verdict.value, self.now(), self.fleet, self._say)
        return report

    async def _told(self, leases: Leases) -> DrillReport:
        """The hooks at the end are called whatever came of it, those at the start may forbid it."""
        verdict = "refused"
        try:
            await tell_start(self.site, self._words(), self.emit)
            report = self._report(await self._runs(leases))
            verdict = report.verdict.value
            return report
        finally:
            await tell_end(self.site, self._words(), verdict, self.emit)

    @contextmanager
    def _timed(self, step: Step) -> Iterator[None]:
        begun = time.monotonic()
        self.emit(StepBegun(step))
        yield
        self.emit(StepDone(step, time.monotonic() - begun))

    async def _runs(self, leases: Leases) -> tuple[Run, ...]:
        """The control first; a run that was ended early, or left the network unsteady, is the last."""
        of = self.options.runs + self.options.control
        done: list[Run] = []
        for number in range(1, of + 1):
            control = self.options.control and number == 1
            holders = () if control else self.holders
            if not control:
                self.holders = ()
            bench = Bench(
                id=self.id,
                prepared=self.prepared,
                hosts=self.site.hosts,
                sessions=self.sessions,
                recorder=self.site.recorder(),
                open_holder=self.site.open_holder,
                holders=holders,
                journal=self.journal,
                emit=self.emit,
                stop=self.stop,
                lost=lambda: leases.lost,
            )
            try:
                run = await OneRun(bench, number, of, control).carry_out()
            except RtmctlError as error:
                if not done:
                    raise
                self.emit(Note(f"run {number} could not begin: {error.message}"))
                break
            done.append(run)
            if self.stop.is_set() or run.verdict is Verdict.ABORTED or not_restored(run.held) or not run.steady:
                break
        return tuple(done)

    def _report(self, runs: tuple[Run, ...]) -> DrillReport:
        faulty = [run for run in runs if not run.control] or list(runs)
        restored = not any(not_restored(run.held) for run in runs)
        verdict = worst_of(faulty)
        aborted = verdict is Verdict.ABORTED or any(run.ended_early for run in runs)
        return DrillReport(
            id=self.id,
            site=self.site.name,
            plan=self.plan,
            by=self.by,
            began_at=self.began_at,
            lasted_s=self.now() - self.began_at,
            runs=runs,
            verdict=verdict,
            restored=restored,
            exit=exit_of(verdict, restored=restored, aborted=aborted, interrupted=self.stop.by_keyboard),
            versions=self.versions,
            timers=self.timers,
        )

    def _words(self) -> Words:
        runs = self.options.runs + self.options.control
        return Words(self.id, self.site.name, self.by, self.options.reason, self.plan, runs, self.began_at)

    def _nodes(self) -> tuple[str, ...]:
        return tuple(sorted(self.site.network.platforms))

    def _deed(self) -> str:
        return f"{self.plan.fault.said}{': ' if self.options.reason else ''}{self.options.reason}"

    def _say(self, event: object) -> None:
        if isinstance(event, ChangeNote):
            self.emit(Note(event.text))

    def _remember_begin(self) -> None:
        drill = self.plan.drill
        self.site.network.store.begin_drill(
            DrillRow(
                self.id,
                self.site.name,
                drill.name,
                drill.fault,
                drill.target,
                self.by,
                self.options.reason,
                self.began_at,
                None,
                "running",
                "",
            )
        )

    def _remember_end(self, outcome: str, message: str, report: str) -> None:
        try:
            self.site.network.store.end_drill(self.id, outcome, message, report, self.now())
        except StoreError as error:
            self.emit(Note(f"the history does not know the end of {self.id}: {error.message}"))


def summary(report: DrillReport) -> str:
    """One line for the history."""
    reasons = [reason for run in report.runs for reason in run.reasons]
    return reasons[0] if reasons else report.plan.fault.said
