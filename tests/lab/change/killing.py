"""A change that is killed at one of its journal entries, and a fresh clone with an empty store that settles it.

One lab serves many kills: a change goes from whatever the devices run to the other version of the site, so that a
decided one needs no way back. `python -m bench.kill` does every entry, CI a table of each kind.
"""

import asyncio
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rtmctl.base import Exit, PermanentError
from rtmctl.change import ApplyOptions, Network, RecoverReport, Site, Timing, apply, carry_out, make, recover
from rtmctl.change.journal import Entry
from rtmctl.change.reading import read_fleet
from rtmctl.change.results import ChangeResult
from rtmctl.fabric import Fabric
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store
from tests.lab.change.change_lab import fabric_of, network

ONE = """
site: change
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf3: {role: leaf, rack: r2}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h3: {rack: r2, leaf: leaf3, segment: web}
"""
OTHER = ONE.replace("hosts:", "  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24]}\nhosts:") + (
    "  a1: {rack: r1, leaf: leaf1, segment: app}\n"
    "  a2: {rack: r1, leaf: leaf2, segment: app}\n"
    "  a3: {rack: r2, leaf: leaf3, segment: app}\n"
)
LEAFS = ("leaf1", "leaf2", "leaf3")
"""first, middle and last device that change"""
LEASE_S = 3
STAGGER_S = 2
WINDOWS_S = (5, 10, 25)
"""revert timers: 5 s, longer where this machine is too busy to commit or to confirm within that"""


@dataclass(frozen=True, slots=True)
class Kill:
    kind: Entry
    device: str = ""
    nth: int = 1
    """which one of its kind on that device"""
    undoing: bool = False
    """the change is going back already: its journal failed when all was applied"""


def on_each(*kinds: Entry, undoing: bool = False) -> tuple[Kill, ...]:
    return tuple(Kill(kind, leaf, undoing=undoing) for kind in kinds for leaf in LEAFS)


UNDECIDED = (
    Kill(Entry.BEGIN),
    *on_each(Entry.LEASE, Entry.STAGE, Entry.COMMIT, Entry.COMMITTED),
    *(Kill(kind, nth=wave) for kind in (Entry.WAVE, Entry.HEALTHY) for wave in (1, 2)),
    Kill(Entry.APPLIED),
    Kill(Entry.DECIDING),
)
GOING_BACK = (
    Kill(Entry.DECIDED_REVERT, undoing=True),
    *on_each(Entry.REVERT, Entry.REVERTED, undoing=True),
    Kill(Entry.END, undoing=True),
)
DECIDED = (Kill(Entry.DECIDED_COMMIT), *on_each(Entry.CONFIRM, Entry.CONFIRMED), Kill(Entry.END))


@dataclass(frozen=True, slots=True)
class Written:
    kill: Kill
    decided: bool
    """a decision to commit stood when it was written"""


class Recorder:
    """A journal that remembers; `undoing`: it cannot be written any more once everything is applied."""

    def __init__(self, undoing: bool) -> None:
        self.undoing = undoing
        self.written: list[Written] = []

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        del detail
        nth = 1 + sum(w.kill.kind is kind and w.kill.device == (device or "") for w in self.written)
        decided = kind is Entry.DECIDED_COMMIT or any(w.kill.kind is Entry.DECIDED_COMMIT for w in self.written)
        self.written.append(Written(Kill(kind, device or "", nth, self.undoing), decided))
        if kind is Entry.APPLIED and self.undoing:
            raise PermanentError("the journal cannot be written")


class Deadly(Recorder):
    """Kills its process as it writes one entry."""

    def __init__(self, at: Kill) -> None:
        super().__init__(at.undoing)
        self.at = at

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        try:
            super().append(kind, device, detail)
        finally:
            if self.written[-1].kill == self.at:
                os.kill(os.getpid(), signal.SIGKILL)


class Arena:
    """A lab whose devices run one of two versions of the site.

    Attributes:
        written: the entries of one whole change, then those of its way back.
    """

    def __init__(self, lab: Lab, root: Path, versions: tuple[str, str] = (ONE, OTHER)) -> None:
        self.lab, self.root, self.versions = lab, root, versions
        self.fabrics: tuple[Fabric, ...] = tuple(fabric_of(root / "site", text) for text in versions)
        self.hashes: list[dict[str, str]] = []
        self.runs: int | None = None
        """which version every device runs; None after something went wrong"""
        self.count = 0
        self.written: list[Written] = []

    def up(self) -> None:
        """Lab and first version, then a change and an undo to learn their entries."""
        self.lab.up(self.fabrics[1], Choices())
        for version in (0, 1):
            forward = Recorder(undoing=False)
            self.bring_to(version, forward)
            self.hashes.append(self._now())
        back = Recorder(undoing=True)
        asyncio.run(self._change(0, WINDOWS_S[-1], back))
        first = next(i for i, w in enumerate(back.written) if w.kill.kind is Entry.APPLIED)
        self.written = [*forward.written, *back.written[first + 1 :]]
        assert self._now() == self.hashes[1], "a change that cannot be journaled is undone"

    def bring_to(self, version: int, journal: Recorder | None = None) -> None:
        result = asyncio.run(self._change(version, WINDOWS_S[-1], journal or Recorder(undoing=False)))
        assert result.exit is Exit.DONE, result
        self.runs = version

    def judge(self, kill: Kill, decided: bool, between: Callable[[], None] = lambda: None) -> str:
        """What it came to; empty when every device is new after a decision, and old without one.

        Args:
            between: done after the kill and before the recovery.
        """
        new = self.other()
        old = 1 - new
        said = self.kill(kill, new)
        if said:
            return said
        between()
        report = self.recover(self.clone(new))
        if report.exit is not Exit.DONE:
            return "; ".join(r.message for r in report.results) or "recover: state unknown"
        wanted = new if decided else old
        now = self._now()
        wrong = sorted(name for name in now if now[name] != self.hashes[wanted][name])
        if wrong:
            return f"{'' if decided else 'not '}decided, and {', '.join(wrong)} not {'new' if decided else 'old'}"
        self.runs = wanted
        return ""

    def other(self) -> int:
        """The version that the next change goes to."""
        if self.runs is None:
            self.bring_to(0)
        assert self.runs is not None
        return 1 - self.runs

    def clone(self, version: int) -> Network:
        """A fresh clone of the site with an empty store."""
        self.count += 1
        clone = self.root / f"clone-{self.count}"
        shutil.copytree(self.root / "site", clone)
        return self._network(fabric_of(clone, self.versions[version]))

    def recover(self, net: Network) -> RecoverReport:
        timing = Timing(stagger_s=STAGGER_S)
        return asyncio.run(recover(net.connect, sorted(net.platforms), net.store, site="change", timing=timing))

    def kill(self, kill: Kill, version: int) -> str:
        """Runs the change in a process of its own until it dies; says what went wrong, if anything did."""
        self.runs = None
        for window_s in WINDOWS_S:
            process = multiprocessing.get_context("fork").Process(target=self._die, args=(kill, version, window_s))
            process.start()
            process.join(240)
            if process.exitcode == -signal.SIGKILL:
                return ""
            if process.exitcode is None:
                process.kill()
                return "hangs"
            if self._now() != self.hashes[1 - version]:
                return f"ended with {process.exitcode} and never came to the entry"
        return "never came to the entry"

    def _die(self, kill: Kill, version: int, window_s: float) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        print(asyncio.run(self._change(version, window_s, Deadly(kill))).message)

    async def _change(self, version: int, window_s: float, journal: Recorder) -> ChangeResult:
        net = self._network(self.fabrics[version])
        plan = await make(net)
        lease_s = LEASE_S * window_s / WINDOWS_S[0]
        timing = Timing(window_s=window_s, stagger_s=STAGGER_S, lease_ttl_s=lease_s, health_wait_s=20)
        options = ApplyOptions(timing=timing, drain=len(plan.stages) > 1, accept_outage=bool(plan.outages))
        if not self.hashes:
            return await carry_out(net, plan, ApplyOptions(drain=False))
        site = Site(targets=net.build(frozenset())[0])
        return await apply(plan, net.connect, net.store, site=site, options=options, journal=journal)

    def _network(self, fabric: Fabric) -> Network:
        self.count += 1
        return network(self.lab, fabric, open_store(str(self.root / f"empty-{self.count}.db")))

    def _now(self) -> dict[str, str]:
        net = self._network(self.fabrics[1])
        reading = asyncio.run(read_fleet(net.connect, sorted(net.platforms), states=False))
        assert not reading.failed
        return {name: running.hash for name, running in reading.running.items()}
