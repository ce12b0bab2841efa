"""Nodes of a lab whose first process runs: started, plugged in, awaited, and taken away again."""

import os
import select
import subprocess
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rtmctl.base import PermanentError
from rtmctl.lab import anchor, factory, preflight, wiring
from rtmctl.lab.blueprint import NodeKind, NodeSpec
from rtmctl.lab.driver import Progress
from rtmctl.lab.enter import inside
from rtmctl.lab.layout import LabFolder
from rtmctl.lab.state import LabState

BOOT_TIMEOUT_S = 120.0
"""for all nodes together, on a machine busy with other things"""
_HOST_PORTS = "[ -e /etc/rtmctl/host.batch ] && ip -force -batch /etc/rtmctl/host.batch"
_SWITCH_PORTS = "ifreload -a"


@dataclass(frozen=True, slots=True)
class _Started:
    """A node between its start and the end of its boot."""

    name: str
    pidfd: int
    ready: int
    go: int


@dataclass(frozen=True, slots=True)
class Nodes:
    """What the first process has, on the way to what `now` says."""

    folder: LabFolder
    now: LabState
    progress: Progress

    def start(self, nodes: tuple[NodeSpec, ...], images: Mapping[str, Path]) -> None:
        """Start those of `nodes` that do not run, plug all cables that are missing, and wait for the boots."""
        known = anchor.request(self.folder, op="ping").fields["nodes"]
        fresh = not known
        started: list[_Started] = []
        try:
            for node in nodes:
                if known.get(node.name, {}).get("pid") is None:
                    started.append(self._start(node, images[node.image]))
            self._plug(fresh, {begun.name for begun in started})
            for begun in started:
                os.write(begun.go, b"go\n")
            self._await_boots(started)
        finally:
            for begun in started:
                for descriptor in (begun.pidfd, begun.ready, begun.go):
                    os.close(descriptor)

    def reconcile(self, old: LabState) -> None:
        """Take away what the fabric has no longer; stop hosts that are to be started with another configuration."""
        known = anchor.request(self.folder, op="ping").fields["nodes"]
        before = {node.name: node for node in old.nodes}
        after = {node.name: node for node in self.now.nodes}
        for name in sorted(known):
            mine, wanted = before.get(name), after.get(name)
            if wanted is None or (mine is not None and (mine.kind, mine.image) != (wanted.kind, wanted.image)):
                self.progress(f"{name} is removed")
                anchor.request(self.folder, op="forget", node=name)
            elif mine is not None and mine.digest != wanted.digest:
                self.progress(f"{name} is started anew: its addresses or its configuration changed")
                anchor.request(self.folder, op="stop", node=name)
        left = anchor.request(self.folder, op="ping").fields["nodes"]
        for wire in (wire for wire in old.wires if wire not in self.now.wires):
            # Either end will do, also that of a node that is off: its cables wait in the namespace it left.
            for end in (wire.a, wire.b):
                if end.node in left:
                    anchor.request(self.folder, op="unplug", node=end.node, port=end.port)

    def command(self, node: str, command: tuple[str, ...]) -> list[str]:
        """A command line for this machine that runs `command` inside the node.

        Raises:
            PermanentError: there is no such node, or it is off.
        """
        self.now.node(node)
        (pidfd,) = anchor.request(self.folder, op="node", node=node).descriptors
        try:
            return inside(anchor.pid_of(pidfd), self.now.rootless, command)
        finally:
            os.close(pidfd)

    def ip(self, batch: str) -> None:
        """Run an ip(8) batch in the lab's own namespace."""
        assert self.now.anchor is not None
        if not batch:
            return
        command = inside(self.now.anchor.pid, self.now.rootless, ("ip", "-batch", "-"))
        done = subprocess.run(command, input=batch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PermanentError(f"lab {self.now.name}: wiring failed: {done.stderr.strip()}")

    def _start(self, node: NodeSpec, lower: Path) -> _Started:
        machine = {"nspawn": preflight.program(preflight.NSPAWN), "cgroups": self.now.cgroups}
        reply = anchor.request(
            self.folder,
            op="start",
            node=node.name,
            lower=str(lower),
            files=[asdict(file) for file in node.files],
            init=factory.INIT,
            machine=machine if node.kind is NodeKind.SYSTEMD else None,
        )
        pidfd, ready, go = reply.descriptors
        return _Started(node.name, pidfd, ready, go)

    def _plug(self, fresh: bool, starting: Collection[str]) -> None:
        answer = anchor.request(self.folder, op="ping").fields["nodes"]
        pids = {name: node["pid"] for name, node in answer.items() if node["pid"] is not None}
        wanted = [wire for wire in self.now.wires if wire.a.node in pids and wire.b.node in pids]
        managed = {node.name: node.nic for node in self.now.nodes if node.management is not None and node.name in pids}
        ports = {} if fresh else anchor.request(self.folder, op="ports").fields["ports"]
        plugged = wiring.missing(wanted, ports)
        managed = {name: nic for name, nic in managed.items() if nic not in ports.get(name, ())}
        self.ip(wiring.batch(plugged, managed, pids))
        replugged = {end.node for wire in plugged for end in (wire.a, wire.b)} - set(starting)
        if not fresh:
            self._configure_again(replugged & set(pids))

    def _configure_again(self, nodes: Collection[str]) -> None:
        """A node that runs and whose cable was made anew lost what it had configured on the old one."""
        for node in self.now.nodes:
            if node.name in nodes:
                script = _SWITCH_PORTS if node.kind is NodeKind.SWITCH else _HOST_PORTS
                subprocess.run(self.command(node.name, ("sh", "-c", script)), capture_output=True, check=False)

    def _await_boots(self, started: list[_Started]) -> None:
        waiting = {begun.ready: begun for begun in started}
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        poll = select.poll()
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        while waiting:
            events = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
            if not events:
                raise PermanentError(f"not booted after {BOOT_TIMEOUT_S:.0f} s: {', '.join(_names(waiting))}")
            for descriptor, _ in events:
                begun = waiting.pop(descriptor)
                poll.unregister(descriptor)
                if not os.read(descriptor, 64):
                    log = self._boot_log(begun.name)
                    raise PermanentError(f"node {begun.name} died while it booted", hint=log)
                self.progress(f"{len(started) - len(waiting)}/{len(started)} {begun.name} is up")

    def _boot_log(self, node: str) -> str:
        assert self.now.anchor is not None
        log = Path(f"/proc/{self.now.anchor.pid}/root{self.folder.live}/{node}/upper/var/log/boot.log")
        try:
            return " / ".join(log.read_text(errors="replace").splitlines()[-3:])
        except OSError:
            return f"see {self.folder.log}"


def _names(waiting: Mapping[int, _Started]) -> list[str]:
    return sorted(begun.name for begun in waiting.values())
