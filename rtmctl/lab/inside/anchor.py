"""PID 1 of a lab. It owns the management network's namespace, starts nodes, and hands out what lives inside.

Everything of a lab runs below this process' PID namespace, so that killing this one process is all of `lab down`:
the kernel kills the rest with it, whatever state the lab was in. It speaks JSON lines over a unix socket that the
caller made and left as descriptor `argv[1]`; files are passed by SCM_RIGHTS. One request a connection:

    {"op": "ping"}                                  -> {"nodes": {name: {"pid": N | null, "boots": N}}}
    {"op": "socket", "family": 4 | 6}               -> an unconnected TCP socket of the management namespace
    {"op": "start", "node": …, "lower": …, "files": […], "init": […]} -> pidfd, ready (read end), go (write end)
        with "machine": {"nspawn": PATH, "cgroups": […]} it is a systemd host, and `init` is not used
    {"op": "stop", "node": …}                       -> kills the node's init; its /etc and /var are kept
    {"op": "forget", "node": …}                     -> stops it and removes its disk and its cables
    {"op": "unplug", "node": …, "port": …}          -> removes a cable, both ends of it, if it is there
    {"op": "ports"}                                 -> {"ports": {name: [interface, …]}} of nodes that run
    {"op": "node", "node": …}                       -> pidfd of its init

It reads one line from standard input before it does anything: the caller writes it once it has recorded this
process, and a caller killed before that leaves end of file, at which this process goes.
"""

import json
import os
import selectors
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtmctl.lab.inside import container, kernel, machine, power
else:  # run as a script: its folder is on the path, the package is not
    import container
    import kernel
    import machine
    import power

LIVE = "live"


class Node:
    """A started or stopped node. `net` keeps the network namespace, with its cables, while the node is off."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.pid: int | None = None
        self.net: int | None = None
        self.boots = 0
        self.machine = False


class Anchor:
    def __init__(self, live: Path) -> None:
        self.live = live
        self.nodes: dict[str, Node] = {}

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """The reply and the descriptors to send with it; the caller closes them."""
        operations = {
            "ping": self.ping,
            "socket": self.socket,
            "start": self.start,
            "stop": self.stop,
            "forget": self.forget,
            "unplug": self.unplug,
            "ports": self.ports,
            "node": self.node,
        }
        return operations[request["op"]](request)

    def ping(self, _: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self.reap()
        return {"nodes": {name: {"pid": node.pid, "boots": node.boots} for name, node in self.nodes.items()}}, []

    def socket(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        family = socket.AF_INET6 if request["family"] == 6 else socket.AF_INET
        return {}, [socket.socket(family, socket.SOCK_STREAM).detach()]

    def node(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self.reap()
        node = self.nodes[request["node"]]
        if node.pid is None:
            return {"error": f"node {request['node']} is off"}, []
        pid = machine.leader(node.pid) if node.machine else node.pid
        if pid is None:
            return {"error": f"node {request['node']} has not booted yet"}, []
        return {"pid": pid}, [os.pidfd_open(pid)]

    def start(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self.reap()
        name = request["node"]
        node = self.nodes.get(name)
        if node is not None and node.pid is not None:
            return {"error": f"node {name} runs already"}, []
        first = node is None
        if node is None:
            node = Node(self.live / name)
            for part in ("upper", "work", "root"):
                (node.home / part).mkdir(parents=True, exist_ok=True)
            lower = node.home / "lower"
            lower.unlink(missing_ok=True)
            lower.symlink_to(request["lower"])
        owners = _owners(Path(request["lower"]))
        for entry in request["files"]:
            if first or entry["always"]:
                _write(node.home / "upper", Path(request["lower"]), entry, owners)
        go_r, go_w = os.pipe()
        ready_r, ready_w = os.pipe()
        try:
            if spec := request.get("machine"):
                groups = tuple(Path(group) / name for group in spec["cgroups"])
                node.machine = True
                node.pid = machine.start(machine.Machine(name, node.home, spec["nspawn"], groups), go_r, ready_w)
            else:
                box = container.Container(name, Path(request["lower"]), node.home, tuple(request["init"]))
                node.pid = container.start(box, go_r, ready_w)
        finally:
            os.close(go_r)
            os.close(ready_w)
        old, node.net = node.net, os.open(f"/proc/{node.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        if old is not None:
            power.move_cables(old, node.pid)
            os.close(old)
        node.boots += 1
        self.nodes[name] = node
        return {"pid": node.pid, "first": first}, [os.pidfd_open(node.pid), ready_r, go_w]

    def stop(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self.reap()
        node = self.nodes[request["node"]]
        if node.pid is not None:
            power.pull_plug(node.pid)
            os.kill(node.pid, signal.SIGKILL)
            while node.pid is not None:
                self.reap(block=True)
        return {}, []

    def forget(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self.stop(request)
        node = self.nodes.pop(request["node"])
        if node.net is not None:
            power.unplug_all(node.net)
            os.close(node.net)
        shutil.rmtree(node.home)
        return {}, []

    def unplug(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        node = self.nodes[request["node"]]
        if node.net is not None:
            power.unplug(node.net, node.pid, request["port"])
        return {}, []

    def ports(self, _: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self.reap()
        running = {name: (node.net, node.pid) for name, node in self.nodes.items() if node.pid is not None}
        return {"ports": {name: power.ports(net, pid) for name, (net, pid) in running.items() if net is not None}}, []

    def reap(self, block: bool = False) -> None:
        """Collect every dead child: nodes' inits, and orphans the kernel hands to PID 1."""
        while True:
            try:
                pid, _ = os.waitpid(-1, 0 if block else os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for node in self.nodes.values():
                if node.pid == pid:
                    node.pid = None
            block = False


def _owners(image: Path) -> dict[str, tuple[int, int]]:
    """User name to (uid, gid) as the image knows them."""
    rows = (line.split(":") for line in (image / "etc/passwd").read_text().splitlines())
    return {row[0]: (int(row[2]), int(row[3])) for row in rows if len(row) > 3}


def _write(upper: Path, lower: Path, entry: dict[str, Any], owners: dict[str, tuple[int, int]]) -> None:
    """One file of the node's own layer; folders it needs are made as the image has them."""
    relative = Path(entry["path"].lstrip("/"))
    target = upper / relative
    for folder in reversed(relative.parents[:-1]):
        mine, theirs = upper / folder, lower / folder
        if not mine.is_dir():
            mine.mkdir()
            if theirs.is_dir():
                status = theirs.stat()
                os.chown(mine, status.st_uid, status.st_gid)
                mine.chmod(status.st_mode & 0o7777)
            else:
                os.chown(mine, *owners[entry["owner"]])
    temporary = target.with_name(target.name + ".new")
    temporary.write_bytes(entry["text"].encode("utf-8", "surrogateescape"))
    os.chown(temporary, *owners[entry["owner"]])
    temporary.chmod(entry["mode"])
    temporary.replace(target)


def _serve_one(anchor: Anchor, connection: socket.socket) -> None:
    connection.settimeout(10)
    with connection, connection.makefile("rb") as stream:
        line = stream.readline()
        if not line:
            return
        try:
            reply, descriptors = anchor.answer(json.loads(line))
        except (OSError, KeyError, ValueError) as error:
            reply, descriptors = {"error": f"{type(error).__name__}: {error}"}, []
        payload = json.dumps(reply).encode() + b"\n"
        try:
            sent = socket.send_fds(connection, [payload], descriptors)
            if sent < len(payload):
                connection.sendall(payload[sent:])
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    live = Path(sys.argv[2]) / LIVE
    if not sys.stdin.readline():
        return
    os.umask(0o022)
    kernel.mount("tmpfs", str(live), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    wake_r, wake_w = os.pipe()
    os.set_blocking(wake_r, False)
    os.set_blocking(wake_w, False)
    signal.set_wakeup_fd(wake_w, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    anchor = Anchor(live)
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ)
    watch.register(wake_r, selectors.EVENT_READ)
    while True:
        for key, _ in watch.select():
            if key.fd == wake_r:
                os.read(wake_r, 4096)
                anchor.reap()
            else:
                try:
                    _serve_one(anchor, listener.accept()[0])
                except OSError as error:
                    print(f"anchor: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
