"""What is measured, in order, and the budget of each: a row of the table each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    command: tuple[str, ...]
    cpu_s: float | None = None
    wall_s: float | None = None
    mib: float | None = None
    lab_mib: float | None = None
    """for all processes of the labs that then run"""
    edit: tuple[str, str] | None = None
    """(file, text added to its end) before the command"""
    exits: tuple[int, ...] = (0,)


WAVES = "\nfabric: {timers: {profile: fast}}\n"
"""what a fabric under way is changed to"""


def design(size: str) -> tuple[Case, ...]:
    """Without devices: a site of this size, validated and rendered."""
    budgets = {"2x4": 1.0, "2x32": 2.5, "2x128": 6.0}
    return (
        Case(f"init {size}", ("init", f"{{work}}/{size}", "--size", size)),
        Case(f"validate {size}", ("validate", "--site", f"{{work}}/{size}"), cpu_s=budgets.get(size)),
        Case(
            f"render {size}",
            ("net", "render", "--site", f"{{work}}/{size}", "--out", f"{{work}}/{size}/out"),
            cpu_s=budgets.get(size),
            mib=300,
        ),
    )


def lab(size: str, up_s: float, change_s: float, down_s: float, mib: float) -> tuple[Case, ...]:
    """On the real lab: up, applied, verified, changed in waves with a drain, down."""
    site = ("--site", f"{{work}}/{size}")
    return (
        Case(f"lab up {size}", ("lab", "up", *site), wall_s=up_s),
        Case(f"net plan {size}", ("net", "plan", *site)),
        Case(f"net apply {size}", ("net", "apply", "--yes", *site), wall_s=change_s),
        Case(f"net verify {size}", ("net", "verify", *site), wall_s=change_s, lab_mib=mib),
        Case(f"net apply again {size}", ("net", "apply", "--yes", *site)),
        Case(
            f"net apply in waves {size}", ("net", "apply", "--yes", *site), edit=(f"{{work}}/{size}/site.yaml", WAVES)
        ),
        Case(f"lab down {size}", ("lab", "down", *site), wall_s=down_s),
    )


CASES: tuple[Case, ...] = (
    Case("--help", ("--help",), cpu_s=0.3),
    *design("2x4"),
    *design("2x32"),
    *design("2x128"),
    *lab("2x4", up_s=3, change_s=15, down_s=1, mib=300),
    *lab("2x32", up_s=30, change_s=90, down_s=5, mib=1536),
)
