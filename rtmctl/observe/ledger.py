"""Counts what was as expected and keeps what was not, so that a check reads as a list of comparisons."""

from collections.abc import Iterable

from rtmctl.base import Severity
from rtmctl.observe.types import Deviation, Outcome


class Ledger:
    """The bookkeeping of one check; `outcome()` freezes it."""

    def __init__(self, check: str) -> None:
        self.check = check
        self.passed = 0
        self._deviations: list[Deviation] = []
        self._skipped: dict[str, None] = {}
        self._not_run: dict[str, None] = {}

    def ok(self, count: int = 1) -> None:
        self.passed += count

    def expect(
        self,
        right: bool,
        device: str,
        subject: str,
        expected: object,
        seen: object,
        *,
        hint: str = "",
        severity: Severity = Severity.ERROR,
        about: Iterable[str] = (),
        alone: bool = False,
    ) -> bool:
        """Count one fact: a deviation unless `right`. Returns `right`. `about`, `alone`: as in `Deviation`."""
        if right:
            self.passed += 1
        else:
            self._deviations.append(
                Deviation(
                    self.check,
                    device,
                    subject,
                    str(expected),
                    str(seen),
                    severity=severity,
                    hint=hint,
                    about=frozenset(about),
                    alone=alone,
                )
            )
        return right

    def wrong(
        self,
        device: str,
        subject: str,
        expected: object,
        seen: object,
        *,
        hint: str = "",
        severity: Severity = Severity.ERROR,
        about: Iterable[str] = (),
        alone: bool = False,
    ) -> None:
        """`alone`, `about`: as in `Deviation`."""
        self.expect(False, device, subject, expected, seen, hint=hint, severity=severity, about=about, alone=alone)

    def names(self, device: str, part: str) -> bool:
        """Whether a deviation of the device has `part` in its subject."""
        return any(d.device == device and part in d.subject for d in self._deviations)

    def skip(self, reason: str) -> None:
        self._skipped[reason] = None

    def not_run(self, reason: str) -> None:
        self._not_run[reason] = None

    def outcome(self) -> Outcome:
        return Outcome(
            passed=self.passed,
            deviations=tuple(self._deviations),
            skipped=tuple(self._skipped),
            not_run=tuple(self._not_run),
        )


def listed(values: Iterable[object], limit: int = 6) -> str:
    """A short, sorted list for an operator: 'a, b and 3 more'; 'none' when empty."""
    texts = sorted(str(v) for v in values)
    if not texts:
        return "none"
    if len(texts) <= limit:
        return ", ".join(texts)
    return ", ".join(texts[:limit]) + f" and {len(texts) - limit} more"
