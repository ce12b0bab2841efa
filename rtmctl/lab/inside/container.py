"""Builds one node's root and namespaces, then becomes the node's init. Called in a process forked from the anchor."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtmctl.lab.inside import kernel, spawn
else:  # run as a script: its folder is on the path, the package is not
    import kernel
    import spawn

BOOT_LOG = "/var/log/boot.log"
_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWNET | kernel.CLONE_NEWPID
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"), ("ptmx", "pts/ptmx"))


@dataclass(frozen=True)
class Container:
    """`home` holds upper/, work/ and root/; `lower` is the image. Both survive a reboot of the node."""

    hostname: str
    lower: Path
    home: Path
    init: tuple[str, ...]


def start(container: Container, go: int, ready: int) -> int:
    """Start the container's init, paused until a line arrives on `go`; it writes a line to `ready` when booted.

    Returns:
        its process id in the caller's PID namespace.

    Raises:
        OSError: a namespace or mount was refused; the message names which.
    """
    return spawn.spawn(container.hostname, _NAMESPACES, lambda: _become_init(container, go, ready))


def _become_init(container: Container, go: int, ready: int) -> None:
    _enter_root(container)
    kernel.set_hostname(container.hostname)
    log = os.open(BOOT_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    # Take the two pipes out of the way of 0-3 first; dup2 clears close-on-exec on the target alone.
    go, ready, log = (_above(fd) for fd in (go, ready, log))
    for source, target in ((go, 0), (log, 1), (log, 2), (ready, 3)):
        os.dup2(source, target)
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    os.execve(container.init[0], container.init, environment)


def _above(descriptor: int) -> int:
    """The same open file under a number that cannot collide with 0-3."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


def _enter_root(container: Container) -> None:
    """Overlay of the image as /, with its own proc, sys, dev, run and tmp; nothing of the machine stays visible."""
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    os.chdir(container.home)
    # Relative names: an absolute path may hold ',' or ':', which overlayfs takes as its own separators.
    # In a user namespace overlayfs may keep its marks (an emptied folder) in user xattrs alone.
    marks = ",userxattr" if _in_user_namespace() else ""
    kernel.mount("overlay", "root", "overlay", 0, f"lowerdir=lower,upperdir=upper,workdir=work{marks}")
    os.chdir("root")
    quiet = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("proc", "proc", "proc", quiet | kernel.MS_NOEXEC)
    kernel.mount("sysfs", "sys", "sysfs", quiet | kernel.MS_NOEXEC)
    kernel.mount("tmpfs", "run", "tmpfs", quiet, "mode=755")
    if _in_user_namespace():
        # `ip netns` replaces /sys; there the kernel allows that only while another sysfs is to be seen.
        Path("run/sysfs").mkdir()
        kernel.mount("sysfs", "run/sysfs", "sysfs", quiet | kernel.MS_NOEXEC)
    kernel.mount("tmpfs", "tmp", "tmpfs", quiet, "mode=1777")
    kernel.mount("tmpfs", "dev", "tmpfs", kernel.MS_NOSUID, "mode=755")
    for name in _DEVICES:
        Path("dev", name).touch()
        kernel.mount(f"/dev/{name}", f"dev/{name}", "", kernel.MS_BIND)
    for name in ("pts", "shm", "net"):
        Path("dev", name).mkdir()
    kernel.mount("devpts", "dev/pts", "devpts", kernel.MS_NOSUID, "newinstance,ptmxmode=0666,mode=620")
    kernel.mount("tmpfs", "dev/shm", "tmpfs", quiet, "mode=1777")
    if Path("/dev/net/tun").exists():
        Path("dev/net/tun").touch()
        kernel.mount("/dev/net/tun", "dev/net/tun", "", kernel.MS_BIND)
    for name, target in _LINKS:
        Path("dev", name).symlink_to(target)
    Path("run/old").mkdir()
    kernel.pivot_root(".", "run/old")
    os.chdir("/")
    kernel.unmount("/run/old", kernel.MNT_DETACH)
    Path("/run/old").rmdir()


def _in_user_namespace() -> bool:
    return Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]
