"""The whole kill matrix on a real lab: SIGKILL at every kind of journal entry, on the first, middle and last device.

python -m bench.kill [WORD …]     only the rows whose entry holds a word; needs root, about 20 s a row

Each row: a process applies a change and kills itself as it writes the entry; a fresh clone with an empty store
recovers. Then every device is new if the change had been decided, and old if not. CI runs a sample of this
(tests/lab/change); the way back has its rows too: a journal that fails once everything is applied.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rtmctl.base import Exit, PermanentError
from rtmctl.change import ApplyOptions, Network, Timing, apply, carry_out, make, recover
from rtmctl.change.journal import Entry
from rtmctl.change.reading import read_fleet
from rtmctl.change.run import Site
from rtmctl.lab import Choices, Lab, open_lab
from rtmctl.store import open_store
from tests.lab.change.change_lab import fabric_of, network

SITE = """
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
MORE = SITE.replace("hosts:", "  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24]}\nhosts:") + (
    "  a1: {rack: r1, leaf: leaf1, segment: app}\n"
    "  a2: {rack: r1, leaf: leaf2, segment: app}\n"
    "  a3: {rack: r2, leaf: leaf3, segment: app}\n"
)
LEAFS = ("leaf1", "leaf2", "leaf3")
"""first, middle and last device that change"""
EACH = (Entry.LEASE, Entry.STAGE, Entry.COMMIT, Entry.COMMITTED)
ONCE = (Entry.BEGIN, Entry.WAVE, Entry.HEALTHY, Entry.APPLIED, Entry.DECIDING)
LEASE_S = 5
WINDOWS_S = (8, 25)
"""revert timers; the longer one where this machine is too busy to commit within the first"""


@dataclass(frozen=True, slots=True)
class Row:
    kind: Entry
    device: str
    decided: bool
    undoing: bool = False
    """the change is going back already when it is killed"""


def rows() -> tuple[Row, ...]:
    forward = [Row(kind, "", False) for kind in ONCE] + [Row(kind, d, False) for kind in EACH for d in LEAFS]
    decided = [Row(Entry.DECIDED_COMMIT, "", True)]
    decided += [Row(kind, d, True) for kind in (Entry.CONFIRM, Entry.CONFIRMED) for d in LEAFS]
    back = [Row(Entry.DECIDED_REVERT, "", False, True)]
    back += [Row(kind, d, False, True) for kind in (Entry.REVERT, Entry.REVERTED) for d in LEAFS]
    return (*forward, *decided, *back)


class Deadly:
    """A journal that kills the process at one entry; where the row is about going back, it fails at `applied`."""

    def __init__(self, row: Row) -> None:
        self.row = row

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        del detail
        if kind is self.row.kind and (device or "") == self.row.device:
            os.kill(os.getpid(), signal.SIGKILL)
        if kind is Entry.APPLIED and self.row.undoing:
            raise PermanentError("the journal cannot be written")


async def die(lab: str, root: Path, window_s: float, row: Row) -> None:
    timing = Timing(window_s=window_s, stagger_s=3, lease_ttl_s=LEASE_S, health_wait_s=15)
    net = network(open_lab(lab), fabric_of(root, MORE), open_store(str(root / f"dying-{time.time_ns()}.db")))
    await apply(
        await make(net),
        net.connect,
        net.store,
        site=Site(targets=net.build(frozenset())[0]),
        options=ApplyOptions(timing=timing, drain=False),
        journal=Deadly(row),
    )


def hashes(net: Network) -> dict[str, str]:
    return {
        n: r.hash for n, r in asyncio.run(read_fleet(net.connect, sorted(net.platforms), states=False)).running.items()
    }


def judge(lab: Lab, root: Path, number: int) -> str:
    """What the row came to; empty when it is as it must be."""
    row = rows()[number]
    first = network(lab, fabric_of(root, SITE), open_store(str(root / f"before-{number}.db")))
    result = asyncio.run(carry_out(first, asyncio.run(make(first)), ApplyOptions(drain=False)))
    if result.exit is not Exit.DONE:
        return f"not brought to the old state: {result.message}"
    old = hashes(first)
    for window_s in WINDOWS_S:
        time.sleep(LEASE_S)
        command = [sys.executable, "-m", "bench.kill", "--die", lab.name, str(root), str(window_s), str(number)]
        died = subprocess.run(command, timeout=300, capture_output=True, check=False)
        if died.returncode == -signal.SIGKILL:
            break
    else:
        return f"never came to the entry: {died.stderr.decode()[-200:]}"
    net = network(lab, fabric_of(root, MORE), open_store(str(root / f"elsewhere-{number}.db")))
    report = asyncio.run(recover(net.connect, sorted(net.platforms), net.store, site="change"))
    if report.exit is not Exit.DONE:
        return "; ".join(r.message for r in report.results) or "recover: unknown"
    if row.decided:
        return "" if asyncio.run(make(net)).empty else "decided, and not new everywhere"
    now = hashes(net)
    mixed = sorted(name for name in old if now.get(name) != old[name])
    return f"not decided, and {', '.join(mixed)} not old" if mixed else ""


def main(words: list[str]) -> int:
    line = "{:<18} {:<7} {:<7} {:>4}  {}"
    print(line.format("killed at", "device", "must be", "s", ""))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RTMCTL_LAB_STATE"] = f"{folder}/labs"
        root, lab = Path(folder) / "site", open_lab("kill")
        try:
            lab.up(fabric_of(root, MORE), Choices())
            for number, row in enumerate(rows()):
                if words and not any(word in row.kind.value for word in words):
                    continue
                begun = time.monotonic()
                said = judge(lab, root, number)
                bad += bool(said)
                state = "new" if row.decided else "old"
                seconds = f"{time.monotonic() - begun:.0f}"
                print(line.format(row.kind.value, row.device, state, seconds, said or "is"), flush=True)
        finally:
            lab.down()
    return bool(bad)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--die"]:
        asyncio.run(die(sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]), rows()[int(sys.argv[5])]))
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
