"""How drills are spoken of on every screen: milliseconds, verdicts, counts."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.text import Text

from rtmctl.device.injection import Argument, Injection
from rtmctl.drill.types import DrillReport, FlowClass, Radius, Verdict

STYLES = {
    Verdict.PASSED: "bold green",
    Verdict.REFUTED: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
    Verdict.ABORTED: "bold yellow",
}
NOT_RESTORED = "NOT RESTORED"
CLASSES = {
    FlowClass.LOCAL: "the switch beside the fault has another way",
    FlowClass.REMOTE: "another switch must be told first",
    FlowClass.STRANDED: "no way is left",
    FlowClass.SPARED: "the fault is not on its way",
}


def ms(value: float | None) -> str:
    """'0', '3.4', '312'; '–' where there is none."""
    if value is None:
        return "–"
    return f"{value:.1f}" if 0 < value < 100 else f"{value:.0f}"


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def arguments(injection: Injection) -> str:
    """'silence interfaces swp1, direction both'."""
    said = ", ".join(f"{key} {said_value(value)}" for key, value in injection.arguments.items())
    return f"{injection.mechanism} {said}".rstrip()


def said_value(value: Argument) -> str:
    """As it is typed on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def names(of: Sequence[str], most: int = 8) -> str:
    """A few by name, the others as a count; 'none' for none."""
    shown = ", ".join(of[:most]) or "none"
    return f"{shown} and {len(of) - most} more" if len(of) > most else shown


def impact(radius: Radius) -> tuple[str, ...]:
    """What the fault takes from whom; pairs first."""
    lost = (
        f"{radius.pairs_lost} of {count(radius.pairs, 'pair')} of hosts lose reachability ({100 * radius.impact:.0f} %)"
    )
    parts = [f"{lost}, {radius.pairs_degraded} lose a way"]
    for what, of in (
        ("lost", radius.hosts_lost),
        ("ways out lost", radius.externals_lost),
        ("a way less", radius.hosts_degraded),
        ("in", radius.segments),
    ):
        if of:
            parts.append(f"{what}: {names(of)}")
    return tuple(parts)


def clock(seconds: float) -> str:
    """'2026-11-23 16:00:00', UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def verdict_word(report: DrillReport) -> str:
    """One word, loud: what the exit code says."""
    return report.verdict.value.upper() if report.restored else NOT_RESTORED


def verdict_text(report: DrillReport) -> Text:
    style = STYLES[report.verdict] if report.restored else "bold white on red"
    return Text(verdict_word(report), style=style)


def reasons(report: DrillReport) -> tuple[str, ...]:
    """Why the verdict is not `passed`, each once, with the run where there are several."""
    several = len(report.runs) > 1
    found: dict[str, str] = {}
    for run in report.runs:
        for reason in run.reasons:
            found.setdefault(reason, f"run {run.number}: {reason}" if several else reason)
    return tuple(found.values())
