"""Settings that are the machine's and not a network namespace's are left out of a node's sysctl section."""

from rtmctl.lab.substitute.types import Substitution

WHY = "neighbour table limits belong to the machine: a network namespace has none of its own"
_PREFIXES = tuple(f"net.{family}.neigh.default.gc_thresh" for family in ("ipv4", "ipv6"))


def drop_machine_wide(text: str) -> tuple[str, list[Substitution]]:
    """The section without those lines."""
    kept: list[str] = []
    done: list[Substitution] = []
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(_PREFIXES):
            done.append(Substitution(f"sysctl {line.partition('=')[0].strip()}", WHY, line.strip(), "left out"))
        else:
            kept.append(line)
    return "".join(kept), done
