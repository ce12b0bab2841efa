"""A node that is a whole systemd machine: systemd-nspawn below a small supervisor. Called in a fork of the anchor.

The supervisor is the first process of a PID namespace of its own, so that killing it is pulling the plug: SIGKILL on
systemd-nspawn alone would leave the machine's init and all its services running. The supervisor owns the network
namespace too; what systemd runs is one PID namespace further down.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtmctl.lab.inside import kernel, spawn
else:  # run as a script: its folder is on the path, the package is not
    import kernel
    import spawn

BOOT_LOG = "upper/var/log/boot.log"
_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWPID
FORCE_RESTART = 133
"""what systemd-nspawn exits with when the machine rebooted itself under --keep-unit"""
# Kernel state of the network that a reboot of a real machine loses; cables stay.
_FORGET = """
for name in $(ip -o link show type vlan | cut -d' ' -f2); do ip link del "${name%%[@:]*}"; done
for name in $(ip -o link | cut -d' ' -f2); do
    name=${name%%[@:]*}
    ip link set "$name" down
    ip addr flush dev "$name"
done
"""


@dataclass(frozen=True)
class Machine:
    """`home` holds upper/, work/ and root/; `lower` is the image; `cgroups` are folders made for this node alone."""

    hostname: str
    home: Path
    nspawn: str
    cgroups: tuple[Path, ...]


def start(machine: Machine, go: int, ready: int) -> int:
    """Start the supervisor, paused until a line arrives on `go`; a line on `ready` says that systemd has booted.

    Returns:
        the supervisor's process id in the caller's PID namespace.

    Raises:
        OSError: a namespace, mount or cgroup was refused; the message names which.
    """

    def prepare() -> None:
        for folder in machine.cgroups:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    return spawn.spawn(machine.hostname, _NAMESPACES, lambda: _supervise(machine, go, ready), prepare)


def leader(supervisor: int) -> int | None:
    """The machine's systemd, found as the first of a PID namespace that is a grandchild of its supervisor."""
    parents: dict[int, int] = {}
    firsts: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines() if ":" in line)
            parents[int(entry.name)] = int(fields["PPid"])
            if fields["NSpid"].split()[-1] == "1":
                firsts.append(int(entry.name))
    return next((pid for pid in firsts if parents.get(parents[pid]) == supervisor), None)


def _supervise(machine: Machine, go: int, ready: int) -> None:
    """Become the supervisor; never returns once all is in place."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = _enter(machine)
    go, ready, log = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (go, ready, log))
    null = os.open("/dev/null", os.O_RDWR)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    keep = {0, 1, 2, go, ready}
    for descriptor in (int(name) for name in os.listdir("/proc/self/fd")):  # noqa: PTH208  # numbers, not paths
        if descriptor not in keep:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    try:
        if os.read(go, 16):
            _run(machine, ready)
    finally:
        os._exit(0)


def _enter(machine: Machine) -> int:
    """The supervisor's own view: the machine's root on `home`/root, a /proc of this PID namespace, an empty /run."""
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    os.chdir(machine.home)
    # Relative names: an absolute path may hold ',' or ':', which overlayfs takes as its own separators.
    kernel.mount("overlay", "root", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work")
    quiet = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("proc", "/proc", "proc", quiet | kernel.MS_NOEXEC)
    kernel.mount("tmpfs", "/run", "tmpfs", quiet, "mode=755")
    Path("upper/var/log").mkdir(parents=True, exist_ok=True)
    return os.open(BOOT_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def _run(machine: Machine, ready: int) -> None:
    """Boot the machine, and again whenever it reboots itself, until it powers off."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind("/run/notify")
        while True:
            process = subprocess.Popen(_command(machine), env={**os.environ, "NOTIFY_SOCKET": "/run/notify"})
            while ready >= 0 and process.poll() is None:
                notify.settimeout(0.5)
                with contextlib.suppress(TimeoutError):
                    if b"READY=1" in notify.recv(4096).split(b"\n"):
                        os.write(ready, b"ready\n")
                        os.close(ready)
                        ready = -1
            if _await(process) != FORCE_RESTART:
                return
            subprocess.run(["sh", "-c", _FORGET], check=False)


def _await(process: "subprocess.Popen[bytes]") -> int:
    """As PID 1 it also reaps what is handed to it; the exit code of `process`."""
    while True:
        pid, status = os.waitpid(-1, 0) if process.returncode is None else (process.pid, 0)
        if pid == process.pid:
            return process.returncode if process.returncode is not None else os.waitstatus_to_exitcode(status)


def _command(machine: Machine) -> list[str]:
    return [
        machine.nspawn,
        "--quiet",
        "--register=no",
        "--keep-unit",
        f"--machine={machine.hostname}",
        "--directory=root",
        "--network-namespace-path=/proc/self/ns/net",
        "--capability=CAP_NET_ADMIN,CAP_IPC_LOCK",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--notify-ready=yes",
        "--console=pipe",
        "--boot",
    ]
