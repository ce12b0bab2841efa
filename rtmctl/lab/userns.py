"""Who the lab runs as: root, or an ordinary user inside a user namespace of his own."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rootless:
    """The caller becomes 0 inside; his subordinate ids (subuid(5)) become 1 and up, so that frr, sshd … exist."""

    uid: int
    gid: int

    def unshare_options(self) -> tuple[str, ...]:
        """Options of unshare(1), util-linux 2.38 or newer, that make this mapping by newuidmap(1)."""
        return ("--user", "--map-root-user", "--map-auto")


def current() -> Rootless | None:
    """None for root; raises LookupError when an ordinary user has no subordinate ids."""
    if os.geteuid() == 0:
        return None
    name = pwd.getpwuid(os.geteuid()).pw_name
    for file in (Path("/etc/subuid"), Path("/etc/subgid")):
        if not _has_range(file, name, os.geteuid()):
            raise LookupError(f"{file} has no range of ids for {name}")
    return Rootless(os.geteuid(), os.getegid())


def _has_range(file: Path, name: str, uid: int) -> bool:
    lines = file.read_text().splitlines() if file.exists() else []
    return any(line.partition(":")[0] in (name, str(uid)) for line in lines)


def enter_command(rootless: Rootless, *command: str) -> list[str]:
    """`command` as root of a fresh user namespace with the lab's mapping."""
    return ["unshare", *rootless.unshare_options(), *command]
