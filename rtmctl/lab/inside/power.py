"""What happens to a node's cables when it loses and regains power.

A switch that reboots takes its own interfaces down but the cables stay: the far ends must neither vanish nor lose
their addresses. So the old network namespace is kept until the new one stands, and its veth ends are moved over.
"""

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtmctl.lab.inside import kernel
else:  # run as a script: its folder is on the path, the package is not
    import kernel


def _ip(namespace: str, *arguments: str, batch: str = "") -> str:
    """ip(8) inside a network namespace named by a path under /proc."""
    command = ["nsenter", f"--net={namespace}", "ip", *arguments]
    done = subprocess.run(command, input=batch, capture_output=True, text=True, check=False)
    return done.stdout


def _cables(namespace: str) -> list[str]:
    """The names of all veth ends in a namespace."""
    text = _ip(namespace, "-j", "-d", "link", "show", "type", "veth")
    return [link["ifname"] for link in json.loads(text or "[]") if "ifname" in link]


def _vrfs(pid: int) -> list[str]:
    """The network namespaces that stand for VRFs of a node, as paths."""
    folder = Path(f"/proc/{pid}/root/run/vrf")
    return [str(vrf) for vrf in sorted(folder.iterdir())] if folder.is_dir() else []


def ports(net: int, pid: int | None) -> list[str]:
    """Names of the interfaces in a node's namespace and those of its VRFs; no process is started for it."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    found: list[str] = []
    try:
        for path in (f"/proc/self/fd/{net}", *(_vrfs(pid) if pid is not None else ())):
            namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                kernel.set_namespace(namespace, kernel.CLONE_NEWNET)
                found += [name for _, name in socket.if_nameindex()]
            finally:
                os.close(namespace)
    finally:
        kernel.set_namespace(own, kernel.CLONE_NEWNET)
        os.close(own)
    return found


def unplug(net: int, pid: int | None, port: str) -> None:
    """Remove the cable at `port`, wherever in the node it is now; nothing when it is gone."""
    for namespace in (f"/proc/{os.getpid()}/fd/{net}", *(_vrfs(pid) if pid is not None else ())):
        _ip(namespace, "link", "del", port)


def unplug_all(net: int) -> None:
    """Remove all cables of a node that is off. Its namespace may outlive it by minutes: a TCP connection that the
    kernel still tries to close keeps it.
    """
    namespace = f"/proc/{os.getpid()}/fd/{net}"
    if cables := _cables(namespace):
        _ip(namespace, "-force", "-batch", "-", batch="".join(f"link del {name}\n" for name in cables))


def pull_plug(pid: int) -> None:
    """Collect the cables of a node's VRF namespaces and take all of them down, as the far end of a dead switch sees."""
    home = f"/proc/{pid}/ns/net"
    for namespace in _vrfs(pid):
        moves = "".join(f"link set {name} down netns {pid}\n" for name in _cables(namespace))
        if moves:
            _ip(namespace, "-force", "-batch", "-", batch=moves)
    downs = "".join(f"link set {name} down\n" for name in _cables(home))
    if downs:
        _ip(home, "-force", "-batch", "-", batch=downs)


def move_cables(old: int, pid: int) -> None:
    """Plug the cables of the namespace open as `old` into the node whose init is `pid`."""
    namespace = f"/proc/{os.getpid()}/fd/{old}"
    moves = "".join(f"link set {name} netns {pid}\n" for name in _cables(namespace))
    if moves:
        _ip(namespace, "-force", "-batch", "-", batch=moves)
