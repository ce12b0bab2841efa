"""The whole kill matrix on a real lab: SIGKILL at every entry of a change's journal, on the way there and back.

python -m bench.kill [--resume] [WORD …]     entries that hold a word; needs root, about 10 s a row on an idle machine

Each row: a process applies a change and kills itself as it writes the entry; a fresh clone with an empty store
recovers. Then every device is new if the change had been decided, and old if not. Rows are kept in kill.json as they
come: `--resume` goes on with those that are missing. SIGTERM and Ctrl-C take the lab down.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rtmctl.lab import open_lab
from tests.lab.change.killing import Arena, Written

RECORD = Path(__file__).with_name("kill.json")
LINE = "{:<16} {:<7} {:>3}  {:<5} {:<4} {:>5}  {}"


def main(words: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    resume = "--resume" in words
    words = [word for word in words if not word.startswith("--")]
    record = json.loads(RECORD.read_text()) if resume and RECORD.exists() else about()
    done = {key(row) for row in record["rows"]}
    print(LINE.format("killed at", "device", "nth", "way", "is", "s", ""))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RTMCTL_LAB_STATE"] = f"{folder}/labs"
        lab = open_lab("kill")
        try:
            arena = Arena(lab, Path(folder))
            arena.up()
            for written in arena.written:
                named = not words or any(word in written.kill.kind.value for word in words)
                if named and key(row := row_of(written)) not in done:
                    judged(arena, written, row)
                    record["rows"].append(row)
                    if not words:
                        RECORD.write_text(json.dumps(record, indent=1) + "\n")
        finally:
            lab.down()
    bad = [row for row in record["rows"] if row["wrong"]]
    print(f"{len(record['rows'])} rows, {len(bad)} wrong; load now {os.getloadavg()[0]:.1f}")
    return bool(bad)


def judged(arena: Arena, written: Written, row: dict[str, Any]) -> None:
    begun = time.monotonic()
    row["wrong"] = arena.judge(written.kill, written.decided)
    row["s"] = round(time.monotonic() - begun, 1)
    row["load"] = round(os.getloadavg()[0], 1)
    print(LINE.format(*key(row), row["must_be"], row["s"], row["wrong"]), flush=True)


def row_of(written: Written) -> dict[str, Any]:
    kill = written.kill
    return {
        "entry": kill.kind.value,
        "device": kill.device,
        "nth": kill.nth,
        "way": "back" if kill.undoing else "there",
        "must_be": "new" if written.decided else "old",
    }


def key(row: dict[str, Any]) -> tuple[str, str, int, str]:
    return row["entry"], row["device"], row["nth"], row["way"]


def about() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    kernel = platform.release().split("-", 1)[0]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, Linux {kernel}, Python {platform.python_version()}",
        "rows": [],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
