"""Driver `netns`: every node a set of Linux namespaces over an image, all below one first process.

Nothing appears in the machine's own namespaces; killing the first process removes everything.
"""

import fcntl
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess

from rtmctl.base import PermanentError, StateUnknown, TemporaryError
from rtmctl.fabric.types import Fabric
from rtmctl.lab import anchor, cgroups, factory, features, image, keys, plan, preflight, programs, state, wiring
from rtmctl.lab.blueprint import Blueprint, NodeKind, NodeSpec
from rtmctl.lab.driver import Access, LabStatus, NodeStatus, Progress
from rtmctl.lab.enter import inside
from rtmctl.lab.factory import HostKey, Kit
from rtmctl.lab.features import Features
from rtmctl.lab.gate import Gate
from rtmctl.lab.layout import LabFolder, labs_folder
from rtmctl.lab.plan import Choices
from rtmctl.lab.recipes import USER, recipe
from rtmctl.lab.state import LabState, NodeState
from rtmctl.lab.userns import Rootless, current

BOOT_TIMEOUT_S = 120.0
"""for all nodes together, on a machine busy with other things"""
LOCK_TIMEOUT_S = 30.0
_HOST_PORTS = "[ -e /etc/rtmctl/host.batch ] && ip -force -batch /etc/rtmctl/host.batch"
_SWITCH_PORTS = "ifreload -a"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def _quiet(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Started:
    """A node between its start and the end of its boot."""

    name: str
    pidfd: int
    ready: int
    go: int


@dataclass(frozen=True, slots=True)
class NetnsLab:
    """A lab by name; whether it exists is asked from its state file each time."""

    name: str
    folder: LabFolder

    @classmethod
    def named(cls, name: str) -> "NetnsLab":
        """Raises PermanentError when the name cannot be a folder's."""
        if not _NAME.fullmatch(name):
            raise PermanentError(f"{name!r} is no name for a lab", hint="lower-case letters, digits, '.', '_' and '-'")
        return cls(name, LabFolder(labs_folder().absolute() / name))

    # --- the whole lab

    def up(self, fabric: Fabric, choices: Choices = Choices(), progress: Progress = _quiet) -> LabStatus:  # noqa: B008  # frozen
        """Bring it up or complete it; nodes that run already are left alone.

        Raises:
            PermanentError: this machine lacks something (all of it is listed), or a node did not boot.
            TemporaryError: another command works on the lab.
        """
        rootless = _who()
        recipes = [recipe(name) for name in plan.images(fabric, choices)]
        machines = plan.machines(fabric, choices)
        preflight.require(
            preflight.rootless_limits(rootless, machines)
            + preflight.machine_limits(machines, cgroups.here(self.folder.path))
            + preflight.tools(rootless, any(image.built(r, rootless) is None for r in recipes), bool(machines))
        )
        kernel = features.detect(rootless)
        preflight.require(preflight.kernel(kernel))
        images = {r.name: image.ensure(r, rootless, progress) for r in recipes}
        with self._locked():
            old = self._live_state()
            blueprint, new = self._decide(old, fabric, choices, kernel, rootless)
            state.save(new, self.folder.state)
            self._write_known_hosts(new)
            if new.anchor is None:
                first = anchor.launch(
                    self.folder, rootless, lambda p: state.save(new.with_anchor(p), self.folder.state)
                )
                new = new.with_anchor(first)
                self._lab_ip(new, wiring.bridge_batch(blueprint.gateway))
            if old is not None:
                self._reconcile(old, new, progress)
            self._run(new, blueprint.nodes, images, progress)
        return self.status()

    def down(self) -> bool:
        """Kill and remove everything of the lab, in whatever state it is; False when there was nothing.

        Raises:
            StateUnknown: its first process did not die.
        """
        with self._locked():
            if not self.folder.path.exists():
                return False
            found = state.load(self.folder.state)
            if found is not None and found.anchor is not None and not found.anchor.kill():
                raise StateUnknown(
                    f"lab {self.name}: process {found.anchor.pid} was killed and is still there",
                    hint="a process in it hangs in the kernel; try `lab down` again",
                )
            cgroups.remove(map(Path, found.cgroups if found else ()))
            shutil.rmtree(self.folder.path)
        return True

    def status(self) -> LabStatus:
        """What runs, asked from the lab itself."""
        found = state.load(self.folder.state)
        if found is None:
            return LabStatus(self.name, False, ())
        alive = found.anchor is not None and found.anchor.alive()
        known = anchor.request(self.folder, op="ping").fields["nodes"] if alive else {}
        return LabStatus(self.name, alive, tuple(_node_status(node, known) for node in found.nodes))

    def kernel(self) -> Features:
        """What the lab's kernel can do, found when it came up; every node's image is left out of it."""
        return self._running().features

    def features(self, node: str) -> Features:
        """What `adapt` needs for one node: the kernel, and how that node's FRR names namespaces."""
        now = self._running()
        return replace(now.features, frr_names_netns=recipe(now.node(node).image).names_netns)

    # --- one node

    def access(self, node: str) -> Access:
        """How to reach a node by SSH.

        Raises:
            PermanentError: it has no management address.
        """
        known = self._running().node(node)
        if known.management is None or known.public_key is None:
            raise PermanentError(f"node {node} has no management address", hint=f"rtmctl lab exec {node} -- COMMAND")
        address = known.management.partition("/")[0]
        gate = Gate(self.folder)
        return Access(node, address, 22, USER, self.folder.key, self.folder.known_hosts, known.public_key, gate.connect)

    def command(self, node: str, command: tuple[str, ...]) -> list[str]:
        """A command line for this machine that runs `command` as root inside the node."""
        return self._command(self._running(), node, command)

    def run(self, node: str, *command: str, timeout_s: float = 60.0, stdin: str = "") -> CompletedProcess[str]:
        """Run a command in the node and keep its output. The exit code is the caller's to judge."""
        line = self.command(node, command)
        return subprocess.run(line, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)

    def power_off(self, node: str) -> None:
        """Pull the plug: everything in the node dies at once; far ends see their links go down."""
        with self._locked():
            self._running().node(node)
            anchor.request(self.folder, op="stop", node=node)

    def power_on(self, node: str) -> None:
        """Boot it again with the /etc and /var it had, on the same cables. A node that runs is left alone."""
        with self._locked():
            now = self._running()
            known = now.node(node)
            rootless = now.rootless
            path = image.ensure(recipe(known.image), rootless)
            spec = NodeSpec(known.name, known.kind, known.image, known.management, ())
            self._run(now, (spec,), {known.image: path}, _quiet)

    def reboot(self, node: str) -> None:
        """Power off and on again; returns when the boot is over."""
        self.power_off(node)
        self.power_on(node)

    def start_daemon(self, node: str, daemon: str) -> None:
        """Start an FRR daemon that died and give it the saved configuration.

        Raises:
            PermanentError: it did not start.
        """
        done = self.run(node, f"{factory.LAB}/daemons", "start", daemon)
        if done.returncode != 0:
            raise PermanentError(f"{node}: {done.stderr.strip() or done.stdout.strip()}")

    # --- inner

    def _decide(
        self, old: LabState | None, fabric: Fabric, choices: Choices, kernel: Features, rootless: Rootless | None
    ) -> tuple[Blueprint, LabState]:
        """What shall be, from the fabric and what is already there."""
        if not self.folder.key.exists():
            own = keys.generate(f"rtmctl-lab-{self.name}")
            self.folder.key.touch(0o600)
            self.folder.key.write_text(own.private)
            self.folder.key.with_suffix(".pub").write_text(own.public + "\n")
        authorized = self.folder.key.with_suffix(".pub").read_text().strip()
        public = {node.name: node.public_key for node in old.nodes if node.public_key} if old else {}

        def host_key(name: str) -> HostKey:
            if name in public:  # the private half is in the node and is not written again
                return HostKey("", public[name])
            made = keys.generate(name)
            public[name] = made.public
            return made

        kit = Kit(kernel, programs.load(), authorized, host_key)
        kept = {node.name: node.management for node in old.nodes if node.management} if old else {}
        blueprint = plan.blueprint(self.name, fabric, choices, kit, kept)
        nodes = tuple(
            NodeState(n.name, n.kind, n.image, n.management, public.get(n.name), n.digest) for n in blueprint.nodes
        )
        groups = old.cgroups if old else ()
        if plan.machines(fabric, choices):
            groups = tuple(dict.fromkeys((*groups, *map(str, cgroups.here(self.folder.path)))))
        first = old.anchor if old else None
        new = LabState(self.name, first, rootless, kernel, blueprint.gateway, nodes, blueprint.wires, groups)
        return blueprint, new

    def _run(self, now: LabState, nodes: tuple[NodeSpec, ...], images: Mapping[str, Path], progress: Progress) -> None:
        """Start those of `nodes` that do not run, plug all cables that are missing, and wait for the boots."""
        known = anchor.request(self.folder, op="ping").fields["nodes"]
        fresh = not known
        started: list[_Started] = []
        try:
            for node in nodes:
                if known.get(node.name, {}).get("pid") is None:
                    started.append(self._start(now, node, images[node.image]))
            self._plug(now, fresh, {begun.name for begun in started})
            for begun in started:
                os.write(begun.go, b"go\n")
            self._await_boots(now, started, progress)
        finally:
            for begun in started:
                for descriptor in (begun.pidfd, begun.ready, begun.go):
                    os.close(descriptor)

    def _start(self, now: LabState, node: NodeSpec, lower: Path) -> _Started:
        machine = {"nspawn": preflight.program(preflight.NSPAWN), "cgroups": now.cgroups}
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

    def _plug(self, now: LabState, fresh: bool, starting: Collection[str]) -> None:
        answer = anchor.request(self.folder, op="ping").fields["nodes"]
        pids = {name: node["pid"] for name, node in answer.items() if node["pid"] is not None}
        wanted = [wire for wire in now.wires if wire.a.node in pids and wire.b.node in pids]
        managed = {node.name: node.nic for node in now.nodes if node.management is not None and node.name in pids}
        ports = {} if fresh else anchor.request(self.folder, op="ports").fields["ports"]
        plugged = wiring.missing(wanted, ports)
        managed = {name: nic for name, nic in managed.items() if nic not in ports.get(name, ())}
        self._lab_ip(now, wiring.batch(plugged, managed, pids))
        replugged = {end.node for wire in plugged for end in (wire.a, wire.b)} - set(starting)
        if not fresh:
            self._configure_again(now, replugged & set(pids))

    def _configure_again(self, now: LabState, nodes: Collection[str]) -> None:
        """A node that runs and whose cable was made anew lost what it had configured on the old one."""
        for node in now.nodes:
            if node.name in nodes:
                script = _SWITCH_PORTS if node.kind is NodeKind.SWITCH else _HOST_PORTS
                subprocess.run(self._command(now, node.name, ("sh", "-c", script)), capture_output=True, check=False)

    def _await_boots(self, now: LabState, started: list[_Started], progress: Progress) -> None:
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
                    log = self._boot_log(now, begun.name)
                    raise PermanentError(f"node {begun.name} died while it booted", hint=log)
                progress(f"{len(started) - len(waiting)}/{len(started)} {begun.name} is up")

    def _boot_log(self, now: LabState, node: str) -> str:
        assert now.anchor is not None
        log = Path(f"/proc/{now.anchor.pid}/root{self.folder.live}/{node}/upper/var/log/boot.log")
        try:
            return " / ".join(log.read_text(errors="replace").splitlines()[-3:])
        except OSError:
            return f"see {self.folder.log}"

    def _reconcile(self, old: LabState, new: LabState, progress: Progress) -> None:
        """Take away what the fabric has no longer; stop hosts that are to be started with another configuration."""
        known = anchor.request(self.folder, op="ping").fields["nodes"]
        before = {node.name: node for node in old.nodes}
        after = {node.name: node for node in new.nodes}
        for name in sorted(known):
            mine, wanted = before.get(name), after.get(name)
            if wanted is None or (mine is not None and (mine.kind, mine.image) != (wanted.kind, wanted.image)):
                progress(f"{name} is removed")
                anchor.request(self.folder, op="forget", node=name)
            elif mine is not None and mine.digest != wanted.digest:
                progress(f"{name} is started anew: its addresses or its configuration changed")
                anchor.request(self.folder, op="stop", node=name)
        left = anchor.request(self.folder, op="ping").fields["nodes"]
        for wire in (wire for wire in old.wires if wire not in new.wires):
            # Either end will do, also that of a node that is off: its cables wait in the namespace it left.
            for end in (wire.a, wire.b):
                if end.node in left:
                    anchor.request(self.folder, op="unplug", node=end.node, port=end.port)

    def _lab_ip(self, now: LabState, batch: str) -> None:
        """Run an ip(8) batch in the lab's own namespace."""
        assert now.anchor is not None
        if not batch:
            return
        command = inside(now.anchor.pid, now.rootless, ("ip", "-batch", "-"))
        done = subprocess.run(command, input=batch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PermanentError(f"lab {self.name}: wiring failed: {done.stderr.strip()}")

    def _command(self, now: LabState, node: str, command: tuple[str, ...]) -> list[str]:
        now.node(node)
        reply = anchor.request(self.folder, op="node", node=node)
        (pidfd,) = reply.descriptors
        try:
            return inside(anchor.pid_of(pidfd), now.rootless, command)
        finally:
            os.close(pidfd)

    def _running(self) -> LabState:
        found = state.load(self.folder.state)
        if found is None or found.anchor is None or not found.anchor.alive():
            raise TemporaryError(f"lab {self.name} is not up", hint="rtmctl lab up")
        return found

    def _live_state(self) -> LabState | None:
        """The state when its lab lives; what a dead one left is cleared away."""
        found = state.load(self.folder.state)
        if found is not None and found.anchor is not None and found.anchor.alive():
            return found
        if self.folder.path.exists():
            cgroups.remove(map(Path, found.cgroups if found else ()))
            shutil.rmtree(self.folder.path)
        self.folder.path.mkdir(parents=True, mode=0o700)
        return None

    def _write_known_hosts(self, now: LabState) -> None:
        lines = [
            f"{node.management.partition('/')[0]} {' '.join(node.public_key.split()[:2])}\n"
            for node in now.nodes
            if node.management is not None and node.public_key is not None
        ]
        temporary = self.folder.known_hosts.with_suffix(".new")
        temporary.write_text("".join(lines))
        temporary.replace(self.folder.known_hosts)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One command at a time changes a lab."""
        self.folder.lock.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.lock.open("w") as file:
            deadline = time.monotonic() + LOCK_TIMEOUT_S
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise TemporaryError(f"another command works on lab {self.name}") from None
                    time.sleep(0.05)
            yield


def _who() -> Rootless | None:
    try:
        return current()
    except LookupError as error:
        remedy = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"
        raise PermanentError(str(error), hint=remedy) from error


def _node_status(node: NodeState, known: Mapping[str, Mapping[str, int | None]]) -> NodeStatus:
    seen = known.get(node.name, {})
    return NodeStatus(node.name, node.kind, seen.get("pid") is not None, seen.get("boots") or 0, node.management)


def _names(waiting: Mapping[int, _Started]) -> list[str]:
    return sorted(begun.name for begun in waiting.values())
