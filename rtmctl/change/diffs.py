"""Unified diffs of two configurations, section by section."""

import difflib

from rtmctl.change.plan_types import SectionDiff
from rtmctl.model.config import DeviceConfig

_CONTEXT = 3


def config_diffs(before: DeviceConfig, after: DeviceConfig) -> tuple[SectionDiff, ...]:
    """One SectionDiff for each section whose text differs, in the order of `after`, then what only `before` has."""
    names = [*after.names, *(name for name in before.names if name not in after.names)]
    diffs = (_section(name, before.get(name), after.get(name)) for name in names)
    return tuple(diff for diff in diffs if diff is not None)


def _section(name: str, old: str, new: str) -> SectionDiff | None:
    if old == new:
        return None
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=_CONTEXT))[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    return SectionDiff(name, added, removed, "".join(f"{line}\n" for line in lines))
