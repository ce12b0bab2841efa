"""What can be drilled: the drills that are ready, and every fault with its target and options."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from rtmctl.drill.catalogue import Entry
from rtmctl.drill.types import Fault, Option
from rtmctl.show.drill.words import count, said_value
from rtmctl.show.grid import Grid
from rtmctl.show.output import Output
from rtmctl.show.terminal import terminal


def show_catalogue(entries: Sequence[Entry], faults: Sequence[Fault], output: Output) -> None:
    if output is Output.JSON:
        body = {"drills": list(map(_entry, entries)), "faults": list(map(_fault, faults))}
        print(json.dumps({"version": 1, **body}))
        return
    console = terminal()
    _drills(entries, console)
    console.print()
    _faults(faults, console)
    console.print(Text.assemble(("\nnext: ", "bold"), "rtmctl drill run NAME TARGET --dry-run says what would happen"))


def _drills(entries: Sequence[Entry], console: Console) -> None:
    table = Grid("drill", "needs", "fault", "from", "what it is", wraps=("what it is",))
    for entry in entries:
        fault, title = (entry.drill.fault, Text(entry.drill.title)) if entry.drill else ("", _wrong(entry))
        table.add(Text(entry.name, style="bold"), entry.needs, fault, entry.source.value, title)
    console.print(table)


def _wrong(entry: Entry) -> Text:
    return Text(f"{count(len(entry.findings), 'error')}: rtmctl drill run {entry.path} names each", style="red")


def _faults(faults: Sequence[Fault], console: Console) -> None:
    """What each needs, and what may be set of it with its default."""
    table = Grid("fault", "needs", "what it is", "options", wraps=("what it is", "options"))
    for fault in faults:
        options = "; ".join(map(_option, fault.options))
        table.add(Text(fault.name, style="bold"), fault.target, Text(fault.summary), Text(options, style="dim"))
    console.print(table)


def _option(option: Option) -> str:
    """'percent=1.0', 'direction=both|out|in', 'process=…'."""
    if option.choices:
        others = [choice for choice in option.choices if choice != option.default]
        return f"{option.name}={'|'.join([said_value(option.default), *others])}"
    return f"{option.name}={'…' if option.required or option.default == '' else said_value(option.default)}"


def _entry(entry: Entry) -> dict[str, object]:
    drill = entry.drill
    said = {"fault": drill.fault, "title": drill.title, "target": drill.target} if drill else {}
    errors = [str(finding.message) for finding in entry.findings]
    return {"name": entry.name, "needs": entry.needs, "from": entry.source, **said, "errors": errors}


def _fault(fault: Fault) -> dict[str, object]:
    options = [asdict(option) for option in fault.options]
    return {"name": fault.name, "needs": fault.target, "summary": fault.summary, "options": options}
