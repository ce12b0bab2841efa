"""What this machine lacks for a lab, named with its remedy before anything is started."""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rtmctl.base import PermanentError
from rtmctl.lab.features import Features
from rtmctl.lab.userns import Rootless

NSPAWN = "systemd-nspawn"
_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
_TOOLS = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
_BUILD_TOOLS = {"mmdebstrap": "mmdebstrap", "apt-config": "apt"}
_ROOTLESS_TOOLS = {"newuidmap": "uidmap", "newgidmap": "uidmap"}
_NEEDED = {
    "veth": "CONFIG_VETH",
    "bridge": "CONFIG_BRIDGE",
    "vxlan": "CONFIG_VXLAN",
    "overlay": "CONFIG_OVERLAY_FS",
}
"""Without these there is no lab; whatever else a kernel lacks is substituted."""


@dataclass(frozen=True, slots=True)
class Lack:
    what: str
    remedy: str


def tools(rootless: Rootless | None, build: bool, machines: bool = False) -> tuple[Lack, ...]:
    """Missing programs. `build`: an image must be made too; `machines`: there are systemd hosts."""
    wanted = dict(_TOOLS)
    if machines:
        wanted[NSPAWN] = "systemd-container"
    if build:
        wanted |= _BUILD_TOOLS
    if rootless is not None:
        wanted |= _ROOTLESS_TOOLS
    return tuple(
        Lack(f"program {tool!r} is not installed", f"apt-get install {package}")
        for tool, package in wanted.items()
        if shutil.which(tool) is None and shutil.which(tool, path=_PATH) is None
    )


def program(name: str) -> str:
    """The path of a program that `tools` has found; an ordinary user's PATH may lack the sbin folders."""
    return shutil.which(name) or shutil.which(name, path=_PATH) or name


def rootless_limits(rootless: Rootless | None, machines: Collection[str]) -> tuple[Lack, ...]:
    """What an ordinary user's lab cannot have, by the names of the nodes that ask for it."""
    if rootless is None or not machines:
        return ()
    return (
        Lack(
            f"systemd hosts ({', '.join(sorted(machines))}) need root: systemd-nspawn mounts and makes control groups",
            "run `sudo rtmctl lab up`, or `rtmctl lab up --light` for light hosts in their place",
        ),
    )


def machine_limits(machines: Collection[str], cgroups: Collection[Path]) -> tuple[Lack, ...]:
    """Without folders of their own, systemd hosts would share this machine's control groups and kill each other's
    services."""
    if not machines or cgroups:
        return ()
    return (
        Lack(
            f"systemd hosts ({', '.join(sorted(machines))}) need a control group, and this process' own is not mounted",
            "mount cgroup2 at /sys/fs/cgroup, or `rtmctl lab up --light` for light hosts in their place",
        ),
    )


def kernel(features: Features) -> tuple[Lack, ...]:
    """Missing kernel features no substitute exists for."""
    if set(features.missing) >= set(_NEEDED):
        limit = Path("/proc/sys/user/max_user_namespaces")
        count = limit.read_text().strip() if limit.exists() else "absent"
        return (
            Lack(
                "namespaces are refused here (unshare --net --mount --pid failed)",
                f"run as root outside of a restricted container, or allow user namespaces (allowed: {count})",
            ),
        )
    return tuple(
        Lack(f"the kernel has no {name}", f"load its module or use a kernel with {option}")
        for name, option in _NEEDED.items()
        if name in features.missing
    )


def require(lacks: tuple[Lack, ...]) -> None:
    """Raises PermanentError listing every lack with its remedy."""
    if lacks:
        lines = "\n".join(f"  {lack.what}: {lack.remedy}" for lack in lacks)
        raise PermanentError(f"this machine cannot run a lab yet:\n{lines}")
