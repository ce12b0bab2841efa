"""What a verification says: deviations, the outcome of each check, the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rtmctl.base import Exit, Severity
from rtmctl.device.state import DeviceState
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel


@dataclass(frozen=True, slots=True)
class Deviation:
    """One line a finding: on `device`, `subject` should be `expected` and was `seen`."""

    check: str
    device: str
    subject: str
    """port, session, prefix, VNI, pair of hosts"""
    expected: str
    seen: str
    severity: Severity = Severity.ERROR
    hint: str = ""
    about: frozenset[str] = frozenset()
    """what else takes part: devices, hosts, ends of cables as 'leaf1 swp49'"""
    alone: bool = False
    """follows from no other: a breach, which no outage explains"""
    cause: int = 0
    """number of the cause in the report that it follows from; 0: none, or it is the cause itself"""

    def __str__(self) -> str:
        return f"{self.device}: {self.subject}: expected {self.expected}, seen {self.seen}"


class Status(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"
    """could not run although it was wanted: fails the verdict, silence is never success"""
    EXCLUDED = "excluded"
    """by name, by the operator"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found, before the report gives it a name and a time."""

    passed: int = 0
    """single facts that were as expected"""
    deviations: tuple[Deviation, ...] = ()
    skipped: tuple[str, ...] = ()
    """parts that do not apply or are only sampled, with the reason; no failure"""
    not_run: tuple[str, ...] = ()
    """why the whole check, or parts of it that were wanted, could not run; one entry a cause"""


@dataclass(frozen=True, slots=True)
class CheckResult:
    name: str
    title: str
    status: Status
    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A deviation that others follow from: to be looked at first."""

    number: int
    """from 1"""
    deviation: Deviation
    follow: int
    """how many deviations follow from it"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checks are wanted, by name."""

    only: frozenset[str] = frozenset()
    """empty: all"""
    exclude: frozenset[str] = frozenset()

    def wants(self, name: str) -> bool:
        return name not in self.exclude and (not self.only or name in self.only)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    fabric: str
    checks: tuple[CheckResult, ...]
    causes: tuple[Cause, ...]
    drained: tuple[str, ...]
    """devices that the models say are drained: honoured, and listed"""
    devices: int
    hosts: int
    waited_s: float
    """how long the readings took to become stable"""
    bound_s: float
    """the longest it would have waited"""
    readings: int
    seed: int
    seconds: float

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        return tuple(d for check in self.checks for d in check.outcome.deviations)

    @property
    def ok(self) -> bool:
        """True only when every check that was not excluded by name ran and found no error."""
        return bool(self.checks) and all(c.status in (Status.PASSED, Status.EXCLUDED) for c in self.checks)

    @property
    def exit(self) -> Exit:
        return Exit.DONE if self.ok else Exit.VERIFICATION_FAILED


@dataclass(frozen=True, slots=True)
class Reading:
    """All that the passive checks look at: the intended network and one reading of the real one."""

    fabric: Fabric
    models: Mapping[str, DeviceModel]
    states: Mapping[str, DeviceState]
    """of the devices that could be read"""
    earlier: Mapping[str, DeviceState] = field(default_factory=dict)
    """a reading taken before, for what may not rise; empty: nothing to compare with"""
    versions: Mapping[str, str] = field(default_factory=dict)
    """role to the expected NOS version; empty: all of a role must agree"""

    def pairs(self) -> tuple[tuple[DeviceModel, DeviceState], ...]:
        """Model and state of every device that was read, sorted by name."""
        return tuple((self.models[name], self.states[name]) for name in sorted(self.models) if name in self.states)
