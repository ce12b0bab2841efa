"""Run all cases, print the table, and write the record beside this file.

python -m bench [WORD …]     only the cases whose name holds a word; the record is then left alone
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.cases import CASES, Case
from bench.measure import Usage, run, tree_mib
from rtmctl.lab.state import load

RECORD = Path(__file__).with_name("record.json")
PROGRAM = str(Path(sys.executable).with_name("rtmctl"))


def main() -> int:
    words = sys.argv[1:]
    cases = [case for case in CASES if not words or any(word in case.name for word in words)]
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as work:
        env = {"RTMCTL_STORE": f"{work}/store.db", "RTMCTL_LAB_STATE": f"{work}/labs", "NO_COLOR": "1"}
        run([PROGRAM, "--help"], env)  # the first start of a program reads it from disk; what follows is measured warm
        results = []
        for case in cases:
            console.print(f"  {case.name} …", end="\r")
            if case.edit:
                with Path(case.edit[0].format(work=work)).open("a") as site:
                    site.write(case.edit[1])
            usage = run([PROGRAM, *(word.format(work=work) for word in case.command)], env)
            if case.lab_mib is not None:
                usage = replace(usage, lab_mib=sum(map(tree_mib, _labs(Path(env["RTMCTL_LAB_STATE"])))))
            results.append((case, usage))
    before = json.loads(RECORD.read_text())["cases"] if RECORD.exists() else {}
    console.print(_table(results, before))
    failed = [case for case, usage in results if usage.exit_code not in case.exits]
    for case, usage in results:
        if case in failed:
            console.print(f"{case.name} ended with {usage.exit_code}:\n{usage.output[-2000:]}")
    if not words and not failed:
        RECORD.write_text(json.dumps(_record(results), indent=1) + "\n")
    return bool(failed) or any(_over(case, usage) for case, usage in results)


def _labs(folder: Path) -> list[int]:
    """The first process of each lab that runs."""
    states = (load(path) for path in folder.glob("*/state.json"))
    return [state.anchor.pid for state in states if state is not None and state.anchor is not None]


def _over(case: Case, usage: Usage) -> list[str]:
    """Which figures are over their budget."""
    pairs = {
        "cpu": (usage.cpu_s, case.cpu_s),
        "wall": (usage.wall_s, case.wall_s),
        "MiB": (usage.peak_mib, case.mib),
        "lab MiB": (usage.lab_mib, case.lab_mib),
    }
    return [name for name, (seen, budget) in pairs.items() if budget is not None and seen > budget]


def _table(results: list[tuple[Case, Usage]], before: dict[str, dict[str, float]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("case", "CPU s", "wall s", "MiB", "lab MiB", "budget", "CPU ratio to the record", ""):
        table.add_column(column, justify="left" if column in ("case", "budget", "") else "right")
    for case, usage in results:
        old = before.get(case.name)
        budgets = ((case.cpu_s, "CPU s"), (case.wall_s, "s"), (case.mib, "MiB"), (case.lab_mib, "lab MiB"))
        over = _over(case, usage)
        table.add_row(
            case.name,
            f"{usage.cpu_s:.2f}",
            f"{usage.wall_s:.2f}",
            f"{usage.peak_mib:.0f}",
            f"{usage.lab_mib:.0f}" if usage.lab_mib else "",
            ", ".join(f"{value:g} {unit}" for value, unit in budgets if value is not None),
            f"{usage.cpu_s / old['cpu_s']:.2f}" if old and old["cpu_s"] else "",
            f"over: {', '.join(over)}" if over else "",
        )
    return table


def _record(results: list[tuple[Case, Usage]]) -> dict[str, object]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    kernel = platform.release().split("-", 1)[0]
    cases = {}
    for case, usage in results:
        kept = asdict(usage)
        del kept["output"]
        cases[case.name] = {key: round(value, 3) for key, value in kept.items()}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, Linux {kernel}, Python {platform.python_version()}",
        "cases": cases,
    }


if __name__ == "__main__":
    sys.exit(main())
