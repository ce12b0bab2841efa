"""Verification: read, compare until stable, send packets, read again, and say what differs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from rtmctl.base import Exit, PermanentError
from rtmctl.device.state import DeviceState
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel
from rtmctl.observe.active import plan as tests
from rtmctl.observe.active.judge import judge
from rtmctl.observe.active.leafs import Leafs, ping_foreign, vtep_mtu
from rtmctl.observe.active.own import ask_hosts
from rtmctl.observe.active.plan import plan_tests
from rtmctl.observe.active.send import send
from rtmctl.observe.active.tests import ActivePlan, Answer, HostTest, Seen
from rtmctl.observe.causes import explain
from rtmctl.observe.checks import CHECKS, errors
from rtmctl.observe.compare import DEVICES, compare, status_of
from rtmctl.observe.expect import drained
from rtmctl.observe.gather import Opener, Sessions
from rtmctl.observe.hosts import HostRunner
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import CheckResult, Outcome, Reading, Selection, Status, VerifyReport

ACTIVE: Mapping[str, str] = {
    tests.HOSTS: "Hosts have their own addresses",
    tests.GATEWAYS: "Gateways answer; hosts not ours answer their leaf",
    tests.MATRIX: "Host to host: allowed pairs pass, forbidden do not",
    tests.FLOWS: "Flows: allowed ports pass, others do not",
    tests.MTU: "Path MTU across the overlay",
}
PASSIVE: tuple[str, ...] = (DEVICES, *(c.name for c in CHECKS))
NAMES: tuple[str, ...] = (*PASSIVE, *ACTIVE)
"""what `only` and `exclude` may name"""

PAUSE_S = 1.0
"""between two readings while the network settles"""

Progress = Callable[[str], None]
"""told what is being done, for a person"""
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Options:
    selection: Selection = field(default_factory=Selection)
    wait_s: float = 10.0
    """the longest to wait for the network to settle"""
    sample: int = 2000
    """the most ordered pairs of hosts that are tested"""
    seed: int = 1
    versions: Mapping[str, str] = field(default_factory=dict)
    """role to the NOS version it should run; empty: all of a role must agree"""


async def verify(
    fabric: Fabric,
    models: Mapping[str, DeviceModel],
    opener: Opener,
    hosts: HostRunner | None = None,
    options: Options | None = None,
    *,
    progress: Progress | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = asyncio.sleep,
) -> VerifyReport:
    """Compare the live network with the models and test it with packets.

    Args:
        opener: opens a device's session by name; `opener_of` makes one from endpoints.
        hosts: how commands run on hosts; None: the checks that need it are `not run`.

    Raises:
        PermanentError: the selection names an unknown check.
    """
    options = options or Options()
    unknown = sorted((options.selection.only | options.selection.exclude) - set(NAMES))
    if unknown:
        raise PermanentError(
            f"no check named {', '.join(unknown)}", hint=f"checks: {', '.join(NAMES)}", exit=Exit.USAGE
        )
    sessions = Sessions(frozenset(models), opener)
    run = _Run(fabric, models, sessions, hosts, options, progress or (lambda _: None), clock, sleep)
    try:
        return await run.report()
    finally:
        await sessions.close()


@dataclass(slots=True)
class _Run:
    """One verification under way."""

    fabric: Fabric
    models: Mapping[str, DeviceModel]
    sessions: Sessions
    hosts: HostRunner | None
    options: Options
    progress: Progress
    clock: Clock
    sleep: Sleep
    begin: float = 0.0
    readings: int = 0
    earlier: Mapping[str, DeviceState] = field(default_factory=dict)

    async def report(self) -> VerifyReport:
        self.begin = self.clock()
        wanted = any(self.options.selection.wants(name) for name in PASSIVE)
        if wanted:
            await self._settle()
        waited = self.clock() - self.begin
        active = await self._active()
        # the hosts have spoken by now: read again, which also shows errors that rose under the packets
        passive = await self._settle() if wanted else ()
        checks, causes = explain(self.fabric, (*passive, *active))
        return VerifyReport(
            fabric=self.fabric.name,
            checks=checks,
            causes=causes,
            drained=tuple(sorted(drained(self.models))),
            devices=len(self.models),
            hosts=len(self.fabric.hosts),
            waited_s=waited,
            bound_s=self.options.wait_s,
            readings=self.readings,
            seed=self.options.seed,
            seconds=self.clock() - self.begin,
        )

    def _time_left(self) -> float:
        return self.begin + self.options.wait_s - self.clock()

    async def _settle(self) -> tuple[CheckResult, ...]:
        """Read and compare until nothing is wrong or the time is over."""
        while True:
            self.readings += 1
            states, failures = await self.sessions.read()
            reading = Reading(self.fabric, self.models, states, self.earlier, self.options.versions)
            results = compare(reading, failures, self.options.selection)
            if not self.earlier:
                self.earlier = states
            wrong = [r for r in results if r.status is Status.FAILED and r.name != errors.CHECK.name]
            left = self._time_left()
            if not wrong or left <= 0:
                return results
            count = sum(len(r.outcome.deviations) for r in wrong)
            self.progress(
                f"{count} deviation(s) in {', '.join(r.name for r in wrong)}; waiting up to {left:.0f} s more"
            )
            await self.sleep(min(PAUSE_S, left))

    async def _active(self) -> tuple[CheckResult, ...]:
        wanted = [name for name in ACTIVE if self.options.selection.wants(name)]
        entered = self.hosts.hosts() if self.hosts is not None else frozenset()
        plan = plan_tests(self.fabric, self.models, entered, sample=self.options.sample, seed=self.options.seed)
        # a gateway's answer is what tells a forbidden pair's silence from a dead host's
        evidence = {tests.GATEWAYS} if {tests.MATRIX, tests.FLOWS} & set(wanted) else set()
        todo = tuple(t for t in plan.tests if t.check in {*wanted, *evidence})
        begin = self.clock()
        answers: dict[HostTest, Answer] = {}
        failures: dict[str, str] = {}
        if self.hosts is not None and todo:
            answers, failures = await self._send(self.hosts, plan, todo)
        spent = self.clock() - begin
        results = []
        for name, title in ACTIVE.items():
            if name not in wanted:
                results.append(CheckResult(name, title, Status.EXCLUDED, Outcome(), 0.0))
                continue
            begin = self.clock()
            ledger = Ledger(name)
            judge(name, plan, answers, failures, ledger)
            await self._beyond(name, ledger)
            outcome = ledger.outcome()
            share = spent * sum(t.check == name for t in todo) / max(len(todo), 1)
            results.append(CheckResult(name, title, status_of(outcome), outcome, self.clock() - begin + share))
        return tuple(results)

    async def _send(
        self, hosts: HostRunner, plan: ActivePlan, todo: tuple[HostTest, ...]
    ) -> tuple[dict[HostTest, Answer], dict[str, str]]:
        """All tests, and those that missed their answer again while there is time: at least once more."""
        answers: dict[HostTest, Answer] = {}
        failures: dict[str, str] = {}
        again = False
        while True:
            self.progress(f"{len(todo)} tests from {len({t.host for t in todo})} host(s)")
            targets = {(t.target, t.kind, t.port) for t in todo}
            found, failed = await send(todo, [x for x in plan.listeners if x in targets], hosts)
            answers.update(found)
            failures.update(failed)
            missed = tuple(t for t in todo if t.passes and t in answers and answers[t].seen is not Seen.ANSWERED)
            if not missed or (again and self._time_left() <= 0):
                return answers, failures
            again, todo = True, missed
            await self.sleep(PAUSE_S)

    async def _beyond(self, name: str, ledger: Ledger) -> None:
        """What is not an exchange of packets between hosts."""
        leafs = Leafs(self.sessions)
        if name == tests.HOSTS:
            await ask_hosts(self.fabric, self.models, self.hosts, ledger)
        elif name == tests.GATEWAYS:
            await ping_foreign(self.fabric, self.models, leafs, ledger)
        elif name == tests.MTU:
            await vtep_mtu(self.fabric, self.models, leafs, ledger, Random(self.options.seed))


__all__ = ["NAMES", "Options", "Progress", "verify"]
