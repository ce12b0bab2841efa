"""Driver `netns`: every node a set of Linux namespaces over an image, all below one first process.

Nothing appears in the machine's own namespaces; killing the first process removes everything.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from subprocess import CompletedProcess

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.base.files import replace_file
from rtmctl.fabric.types import Fabric
from rtmctl.lab import anchor, cgroups, factory, features, image, keys, plan, power, preflight, programs, state, wiring
from rtmctl.lab.blueprint import Blueprint, NodeSpec
from rtmctl.lab.choices import Choices
from rtmctl.lab.clearing import clear
from rtmctl.lab.driver import Access, LabStatus, NodeStatus, Progress
from rtmctl.lab.factory import HostKey, Kit
from rtmctl.lab.features import Features
from rtmctl.lab.gate import Gate
from rtmctl.lab.layout import LabFolder, labs_folder
from rtmctl.lab.lock import locked
from rtmctl.lab.nodes import Nodes
from rtmctl.lab.recipes import SERVER, USER, recipe
from rtmctl.lab.state import LabState, NodeState
from rtmctl.lab.userns import Rootless, current

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def _quiet(_: str) -> None:
    pass


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
        with locked(self.folder.lock, self.name):
            old = self._live_state()
            blueprint, new = self._decide(old, fabric, choices, kernel, rootless)
            state.save(new, self.folder.state)
            self._write_known_hosts(new)
            if new.anchor is None:
                first = anchor.launch(
                    self.folder, rootless, lambda p: state.save(new.with_anchor(p), self.folder.state)
                )
                new = new.with_anchor(first)
                Nodes(self.folder, new, progress).ip(wiring.bridge_batch(blueprint.gateway))
            nodes = Nodes(self.folder, new, progress)
            if old is not None:
                nodes.reconcile(old)
            nodes.start(blueprint.nodes, images)
        return self.status()

    def down(self, progress: Progress = _quiet) -> bool:
        """Kill and remove everything of the lab, in whatever state it is; False when there was nothing.

        Raises:
            StateUnknown: its first process did not die.
            TemporaryError: another command works on the lab.
        """
        if not (self.folder.path.exists() or self.folder.lock.exists() or anchor.find(self.folder)):
            return False
        with locked(self.folder.lock, self.name):
            gone = clear(self.folder, progress)
            self.folder.lock.unlink()
        return gone

    def status(self) -> LabStatus:
        """What runs, asked from the lab itself."""
        found = state.load(self.folder.state)
        if found is None:
            return LabStatus(self.name, False, ())
        alive = found.anchor is not None and found.anchor.alive()
        known = anchor.request(self.folder, op="ping").fields["nodes"] if alive else {}
        return LabStatus(self.name, alive, tuple(_node_status(node, known) for node in found.nodes))

    def handle(self) -> int:
        """A descriptor of its first process, readable when that is gone; the caller closes it.

        Raises:
            TemporaryError: the lab does not run.
        """
        first = self._running().anchor
        assert first is not None
        return os.pidfd_open(first.pid)

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
        return Nodes(self.folder, self._running(), _quiet).command(node, command)

    def run(self, node: str, *command: str, timeout_s: float = 60.0, stdin: str = "") -> CompletedProcess[str]:
        """Run a command in the node and keep its output. The exit code is the caller's to judge."""
        line = self.command(node, command)
        return subprocess.run(line, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)

    def power_off(self, node: str) -> None:
        """Pull the plug: everything in the node dies at once; far ends see their links go down."""
        self._running().node(node)
        power.switch_off(self.folder, node)

    def power_on(self, node: str) -> None:
        """Boot it again with the /etc and /var it had, on the same cables. A node that runs is left alone."""
        with locked(self.folder.lock, self.name):
            now = self._running()
            known = now.node(node)
            rootless = now.rootless
            path = image.ensure(recipe(known.image), rootless)
            spec = NodeSpec(known.name, known.kind, known.image, known.management, ())
            Nodes(self.folder, now, _quiet).start((spec,), {known.image: path})

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
        switches = {device.name for device in fabric.devices}

        def stays(node: NodeState) -> bool:
            """A node with another image is made anew, and its host key with it."""
            return node.image == (choices.image_of(node.name) if node.name in switches else SERVER.name)

        public = {n.name: n.public_key for n in old.nodes if n.public_key and stays(n)} if old else {}

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

    def _running(self) -> LabState:
        found = state.load(self.folder.state)
        if found is None or found.anchor is None or not found.anchor.alive():
            raise TemporaryError(f"lab {self.name} is not up", hint="rtmctl lab up")
        return found

    def _live_state(self) -> LabState | None:
        """The state when its lab lives; what a dead one left is cleared away.

        Raises:
            PermanentError: there is a lab, and its state file tells nothing of it.
        """
        found = state.load(self.folder.state)
        if found is not None and found.anchor is not None and found.anchor.alive():
            return found
        if self.folder.path.exists():
            clear(self.folder, _quiet)
        self.folder.path.mkdir(parents=True, mode=0o700)
        return None

    def _write_known_hosts(self, now: LabState) -> None:
        lines = [
            f"{node.management.partition('/')[0]} {' '.join(node.public_key.split()[:2])}\n"
            for node in now.nodes
            if node.management is not None and node.public_key is not None
        ]
        replace_file(self.folder.known_hosts, "".join(lines), 0o644)


def _who() -> Rootless | None:
    try:
        return current()
    except LookupError as error:
        remedy = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"
        raise PermanentError(str(error), hint=remedy) from error


def _node_status(node: NodeState, known: Mapping[str, Mapping[str, int | None]]) -> NodeStatus:
    seen = known.get(node.name, {})
    return NodeStatus(node.name, node.kind, seen.get("pid") is not None, seen.get("boots") or 0, node.management)
