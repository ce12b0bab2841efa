"""Do all devices of a role run the same (or the expected) network operating system?"""

from collections import Counter, defaultdict

from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    """Without an expected version the most frequent one of (role, platform) is right; a tie names every device."""
    ledger = Ledger(CHECK.name)
    groups: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for model, state in reading.pairs():
        groups[model.role.value, model.platform][model.hostname] = state.version
    for (role, platform), versions in sorted(groups.items()):
        counts = Counter(versions.values()).most_common()
        tie = len(counts) > 1 and counts[0][1] == counts[1][1]
        wanted = reading.versions.get(role) or ("" if tie else counts[0][0])
        for device, version in versions.items():
            ledger.expect(
                version == wanted,
                device,
                "NOS version",
                f"{platform} {wanted}" if wanted else f"one version on all of role {role}",
                version or "unknown",
                hint="" if role in reading.versions else f"the {role}s run " + _census(counts),
            )
    return ledger.outcome()


def _census(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{version or 'unknown'} ({count}x)" for version, count in counts)


CHECK = Check("version", "NOS versions", run)
