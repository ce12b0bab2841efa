"""A process that applies MORE and says when every wave is applied; whoever started it then decides its fate.

lone.py LAB ROOT WINDOW     writes ROOT/applied, waits for ROOT/go, and prints how the change ended
"""

import asyncio
import sys
import time
from pathlib import Path

from rtmctl.base import PermanentError
from rtmctl.change import ApplyOptions, Site, apply, make
from rtmctl.change.journal import Entry
from rtmctl.lab import open_lab
from rtmctl.store import open_store
from tests.lab.change.change_lab import fabric_of
from tests.lab.undo.undo_lab import MORE, network, timing


class Pausing:
    """Stands still before the decision, as a machine does that has lost its mind or its power."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        del device, detail
        if kind is Entry.APPLIED:
            (self.root / "applied").touch()
            while not (self.root / "go").exists():
                time.sleep(0.02)
            if (self.root / "full").exists():
                raise PermanentError("the journal cannot be written")


async def main(lab: str, root: Path, window_s: float) -> int:
    store = open_store(str(root / "lone.db"))
    net = network(open_lab(lab), fabric_of(root, MORE), store)
    result = await apply(
        await make(net),
        net.connect,
        store,
        site=Site(targets=net.build(frozenset())[0]),
        options=ApplyOptions(timing=timing(window_s), drain=False),
        journal=Pausing(root),
    )
    print(result)
    return int(result.exit)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))))
