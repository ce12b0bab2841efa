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
    first_uid: int
    first_gid: int
    count: int

    def unshare_options(self) -> tuple[str, ...]:
        """Options of unshare(1) that make this mapping; it calls newuidmap(1)."""
        return (
            "--user",
            f"--map-users={self.uid},0,1",
            f"--map-users={self.first_uid},1,{self.count}",
            f"--map-groups={self.gid},0,1",
            f"--map-groups={self.first_gid},1,{self.count}",
            "--setuid=0",
            "--setgid=0",
        )


def current() -> Rootless | None:
    """None for root; raises LookupError when an ordinary user has no subordinate ids."""
    if os.geteuid() == 0:
        return None
    name = pwd.getpwuid(os.geteuid()).pw_name
    uids = _range(Path("/etc/subuid"), name, os.geteuid())
    gids = _range(Path("/etc/subgid"), name, os.geteuid())
    return Rootless(os.geteuid(), os.getegid(), uids[0], gids[0], min(uids[1], gids[1]))


def _range(file: Path, name: str, uid: int) -> tuple[int, int]:
    """(first id, count) of the user's first range."""
    for line in file.read_text().splitlines() if file.exists() else ():
        owner, _, rest = line.partition(":")
        first, _, count = rest.partition(":")
        if owner in (name, str(uid)) and count:
            return int(first), int(count)
    raise LookupError(f"{file} has no range for {name}")


def enter_command(rootless: Rootless, *command: str) -> list[str]:
    """`command` as root of a fresh user namespace with the lab's mapping."""
    return ["unshare", *rootless.unshare_options(), *command]
