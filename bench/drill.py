"""The drill table: each fault so many times on a 2x4 FRR lab, the worst flow of every run, median and maximum.

python -m bench.drill [--runs N] [--resume] [WORD …]     rows that hold a word; needs root and an idle machine

Rows are kept in drill.json as they come, each with its date and commit: `--resume` goes on with those that are missing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.kill import about
from bench.measure import run

RECORD = Path(__file__).with_name("drill.json")
PROGRAM = str(Path(sys.executable).with_name("rtmctl"))
LINE = "{:<44} {:>6} {:>9} {:>9} {:>9} {:>9}  {}"

SITE = """\
site: drills
switches:
  spine[1-2]: {{role: spine}}
  leaf[1-2]: {{role: leaf, rack: r1}}
  leaf[3-4]: {{role: leaf, rack: r2}}
tenants:
  stream: {{}}
segments:
  serve: {{tenant: stream, vlan: 10, subnets: [10.10.10.0/24]}}
hosts:
  web1: {{rack: r1, leaf: leaf1, segment: serve}}
  web2: {{rack: r2, leaf: leaf3, segment: serve}}
  web3: {{rack: r2, leaf: leaf4, segment: serve}}
  broker1: {{rack: r1, attachment: routed, tenant: stream, services: [10.10.100.1/32]}}
  broker2: {{rack: r2, attachment: routed, tenant: stream, services: [10.10.100.2/32]}}
fabric: {{timers: {{bfd: {{interval_ms: {interval_ms}, multiplier: 3}}, keepalive_s: 1, hold_s: 3, connect_s: 2}}}}
"""
"""hosts on one leaf alone, and hosts that speak BGP to both leafs of their rack"""
DRILL = """\
drill: {name}
fault: {fault}
target: {target}
options: {options}
load: {{pairs: [{pairs}]}}
hold_s: {hold_s}
"""
ACCESS, ROUTED = "[web1, web2]", "[broker1, broker2]"


@dataclass(frozen=True, slots=True)
class Row:
    """One drill, and the longest loss of a flow that its users were promised, ms; None: what it is is shown."""

    name: str
    fault: str
    target: str
    local_ms: float | None
    remote_ms: float | None
    pairs: str = ACCESS
    options: str = "{}"
    interval_ms: int = 100
    hold_s: float = 3.0


def silent(interval_ms: int) -> Row:
    detection = 3 * interval_ms
    return Row(
        f"silent link, BFD 3 x {interval_ms} ms",
        "silent-link",
        "spine1:leaf1",
        detection + 30,
        detection + 150,
        interval_ms=interval_ms,
    )


ROWS = (
    Row("drain of a spine", "drain", "spine1", 0, 0, f"{ACCESS}, {ROUTED}"),
    Row("drain of a leaf of a pair", "drain", "leaf1", 0, 0, ROUTED, "{strand: true}"),
    Row("link down", "link-down", "spine1:leaf1", 5, 150),
    silent(100),
    Row("spine without power", "spine", "spine1", 5, 150),
    Row("bgpd killed on a spine", "daemon-kill", "spine1", 0, 0, options="{daemon: bgpd}"),
    Row("bgpd killed on a leaf of routed hosts", "daemon-kill", "leaf1", 0, 0, ROUTED, "{daemon: bgpd}"),
    Row("bgpd killed on a leaf of access hosts", "daemon-kill", "leaf1", None, None, ACCESS, "{daemon: bgpd}"),
    Row("leaf of a pair without power, routed hosts", "leaf", "leaf1", 5, 150, ROUTED),
    silent(50),
    silent(10),
)
"""by profile, so that the lab's timers change twice"""


def main(words: list[str]) -> int:
    options = argparse.ArgumentParser(prog="python -m bench.drill")
    options.add_argument("--runs", type=int, default=10)
    options.add_argument("--resume", action="store_true")
    options.add_argument("words", nargs="*")
    said = options.parse_args(words)
    kept = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    done = kept if said.resume else {}
    wanted = [row for row in ROWS if not said.words or any(word in row.name for word in said.words)]
    print(LINE.format("drill", "runs", "local", "max", "remote", "max", "ms; promised"))
    with tempfile.TemporaryDirectory() as work:
        env = {"RTMCTL_STORE": f"{work}/store.db", "RTMCTL_LAB_STATE": f"{work}/labs", "RTMCTL_SITE": f"{work}/site"}
        os.environ.update(env, NO_COLOR="1")
        try:
            interval_ms = 0
            for row in wanted:
                if row.name in done:
                    continue
                if row.interval_ms != interval_ms:
                    interval_ms = row.interval_ms
                    ready(Path(work) / "site", interval_ms)
                found = drilled(row, Path(work), said.runs)
                print(line_of(row, found), flush=True)
                kept[row.name] = found
                RECORD.write_text(json.dumps(kept, indent=1) + "\n")
        finally:
            rtmctl("lab", "down", exits=(0, 1))
    bad = [name for name, row in kept.items() if row["wrong"]]
    print(f"{len(kept)} drills, {len(bad)} beyond what is promised; load now {os.getloadavg()[0]:.1f}")
    return bool(bad)


def ready(site: Path, interval_ms: int) -> None:
    """The lab with these timers, verified."""
    site.mkdir(exist_ok=True)
    (site / "site.yaml").write_text(SITE.format(interval_ms=interval_ms))
    rtmctl("net", "lock")
    rtmctl("lab", "up")
    rtmctl("net", "apply", "--yes")
    rtmctl("net", "verify")


def drilled(row: Row, work: Path, runs: int) -> dict[str, Any]:
    """All runs of one row as what is recorded."""
    file = work / "drill.yaml"
    file.write_text(
        DRILL.format(
            name=row.fault,
            fault=row.fault,
            target=row.target,
            options=row.options,
            pairs=row.pairs,
            hold_s=row.hold_s,
        )
    )
    begun = time.monotonic()
    done = subprocess.run(
        [PROGRAM, "drill", "run", str(file), "--runs", str(runs), "--output", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = {key: value for key, value in about().items() if key != "rows"}
    found |= {"exit": done.returncode, "s": round(time.monotonic() - begun, 1), "load": round(os.getloadavg()[0], 1)}
    if not done.stdout.strip():
        return {**found, "wrong": done.stderr.strip().splitlines()[-1]}
    report = json.loads(done.stdout.splitlines()[-1])
    found["restored"] = report["restored"]
    found["verdicts"] = [one["verdict"] for one in report["runs"]]
    found["overhead_s"] = round(overhead_s(report), 2)
    wrong = [] if report["restored"] else ["not restored"]
    for kind, promised in (("local", row.local_ms), ("remote", row.remote_ms), ("stranded", None)):
        worst = worst_flows(report, kind)
        if not worst:
            continue
        found[kind] = {"runs": worst, "median_ms": statistics.median(worst), "max_ms": max(worst)}
        if promised is not None and statistics.median(worst) > promised:
            wrong.append(f"{kind} {statistics.median(worst):.0f} > {promised:.0f} ms")
    believed = sum(verdict in ("passed", "refuted") for verdict in found["verdicts"])
    if believed < len(found["verdicts"]):
        wrong.append(f"{len(found['verdicts']) - believed} runs inconclusive or aborted")
    return {**found, "wrong": "; ".join(wrong)}


def worst_flows(report: dict[str, Any], kind: str) -> list[float]:
    """The worst flow of a class in each run that had one, ms."""
    return [
        max(worst)
        for one in report["runs"]
        if (worst := [flow["result"]["worst_ms"] for flow in one["flows"] if flow["kind"] == kind])
    ]


def overhead_s(report: dict[str, Any]) -> float:
    """The drill's time beyond load and fault, a run."""
    drill = report["plan"]["drill"]
    asked = drill["before_s"] + drill["hold_s"] + drill["after_s"]
    return float(report["lasted_s"] / len(report["runs"]) - asked)


def line_of(row: Row, found: dict[str, Any]) -> str:
    cells = [f"{found[kind][key]:.0f}" if kind in found else "" for kind in ("local", "remote") for key in _KEYS]
    promised = "/".join("-" if limit is None else f"{limit:.0f}" for limit in (row.local_ms, row.remote_ms))
    return LINE.format(row.name, len(found.get("verdicts", ())), *cells, f"{promised} {found['wrong']}".rstrip())


_KEYS = ("median_ms", "max_ms")


def rtmctl(*words: str, exits: tuple[int, ...] = (0,)) -> None:
    usage = run([PROGRAM, *words], {})
    if usage.exit_code not in exits:
        raise SystemExit(f"rtmctl {' '.join(words)} ended with {usage.exit_code}:\n{usage.output[-2000:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
