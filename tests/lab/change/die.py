"""A process that applies MORE and is killed by SIGKILL as it writes one chosen journal entry.

die.py LAB ROOT WINDOW KIND DEVICE     revert timer in seconds; DEVICE "" where the kind has none
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from change_lab import MORE, fabric_of, network

from rtmctl.change import ApplyOptions, Site, Timing, apply, make
from rtmctl.change.journal import Entry
from rtmctl.lab import open_lab
from rtmctl.store import open_store


class KillingJournal:
    def __init__(self, kind: str, device: str) -> None:
        self.kind, self.device = kind, device

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        del detail
        if kind.value == self.kind and (device or "") == self.device:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(lab: str, root: Path, window_s: float, kind: str, device: str) -> None:
    timing = Timing(window_s=window_s, stagger_s=2, lease_ttl_s=5, health_wait_s=10)
    store = open_store(str(root / "dying.db"))
    net = network(open_lab(lab), fabric_of(root, MORE), store)
    plan = await make(net)
    result = await apply(
        plan,
        net.connect,
        store,
        site=Site(targets=net.build(frozenset())[0]),
        options=ApplyOptions(timing=timing, drain=False),
        journal=KillingJournal(kind, device),
    )
    print(result)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5]))
