"""A small site with light hosts and one whole machine, brought up and configured as an operator does it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtmctl.cli.target import lab_endpoint
from rtmctl.device.processes import ProcessRunner
from rtmctl.device.ssh_hosts import SshHosts
from rtmctl.fabric import Fabric, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.lab import Lab, open_lab
from rtmctl.lab.enter import inside
from rtmctl.lab.layout import LabFolder
from rtmctl.lab.state import load
from rtmctl.lab.wiring import BRIDGE
from rtmctl.probe import Flow, ProbeSpec
from tests.lab.cli.operator_shell import RTMCTL, Shell

SITE = """
site: probed
switches:
  spine1: {role: spine}
  leaf1: {role: leaf, rack: r1}
  leaf2: {role: leaf, rack: r2}
tenants:
  red: {}
  blue: {policy: flows}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.1.10.0/24]}
  app: {tenant: blue, vlan: 30, subnets: [10.2.30.0/24]}
  store: {tenant: blue, vlan: 40, subnets: [10.2.40.0/24]}
hosts:
  web1: {rack: r1, segment: web}
  web2: {rack: r2, segment: web}
  box1: {rack: r2, segment: web, systemd: true}
  app1: {rack: r1, segment: app}
  store1: {rack: r2, segment: store}
  guest1: {rack: r1, segment: web, managed: false}
flows:
  - {from: app, to: store, protocol: tcp, ports: [5432]}
"""
TAG = b"# RTMCTL_PROBE"


@dataclass(frozen=True)
class Probed:
    shell: Shell
    lab: Lab
    fabric: Fabric

    @property
    def light(self) -> ProcessRunner:
        return ProcessRunner(frozenset({"web1", "web2"}), self.lab.command)

    @property
    def machine(self) -> SshHosts:
        return SshHosts({"box1": lab_endpoint(self.lab, "box1", "linux")})

    def probe(self, words: str, *, expect: int | None = 0) -> dict[str, Any]:
        """`rtmctl probe WORDS` as JSON."""
        found: dict[str, Any] = json.loads(self.shell.run(f"probe {words} --output json", expect=expect).out)
        return found

    @contextmanager
    def running(self, words: str) -> Iterator["subprocess.Popen[str]"]:
        """`rtmctl probe WORDS` once its packets flow; it is killed if it is still there at the end."""
        command = [RTMCTL, "probe", *words.split(), "--output", "json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, env=self.shell.environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
        ) as process:
            try:
                assert process.stderr is not None
                assert "packets/s" in process.stderr.readline()
                yield process
            finally:
                process.kill()

    def flows(self, *ends: tuple[str, str], rate_pps: float = 500) -> tuple[Flow, ...]:
        def address(name: str) -> Any:
            return self.fabric.host(name).addresses[0].interface.ip

        return tuple(
            Flow(f"{x}-{y}", x, y, address(x), address(y), rate_pps=rate_pps)
            for a, b in ends
            for x, y in ((a, b), (b, a))
        )

    def spec(self, *ends: tuple[str, str]) -> ProbeSpec:
        """The stall limit is generous where the machine's own business is not the point."""
        return ProbeSpec(self.flows(*ends), 60, max_stall_ms=500)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The management network is down for as long."""

        def link(state: str) -> None:
            found = load(LabFolder(self.shell.labs / self.lab.name).state)
            assert found is not None and found.anchor is not None
            subprocess.run(inside(found.anchor.pid, found.rootless, ("ip", "link", "set", BRIDGE, state)), check=True)

        link("down")
        try:
            yield
        finally:
            link("up")


def agents() -> list[int]:
    """Every probe agent of this machine, in labs and out of them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and TAG in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def agents_in(lab: Lab, node: str) -> list[int]:
    """Those of one node, as this machine numbers them: by the node's network namespace."""
    done = lab.run(node, "readlink", "/proc/self/ns/net")
    assert done.returncode == 0, done.stderr
    found = []
    for pid in agents():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"python3") and str(Path(f"/proc/{pid}/ns/net").readlink()) == done.stdout.strip():
                found.append(pid)
        except OSError:
            continue
    return found


def none_left(lab: Lab, *nodes: str, within_s: float = 20) -> bool:
    """A hang limit, not a claim."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if not any(agents_in(lab, node) for node in nodes):
            return True
        time.sleep(0.2)
    return False


def signalled(lab: Lab, node: str, sign: signal.Signals) -> None:
    found = agents_in(lab, node)
    assert len(found) == 1, found
    os.kill(found[0], sign)


@contextmanager
def probed(folder: Path) -> Iterator[Probed]:
    """Raises RtmctlError where there can be no lab."""
    site = folder / "site"
    site.mkdir()
    (site / "site.yaml").write_text(SITE)
    shell = Shell(site, folder / "labs", folder / "store.db")
    shell.run("net lock")
    lab = open_lab("probed")
    try:
        shell.run("lab up")
        shell.run("net apply --yes")
        here = Probed(shell, lab, derive(load_site(site), read_lock(site)))
        _settle(here)
        yield here
    finally:
        lab.down()


def _settle(here: Probed) -> None:
    addresses = {h.name: str(h.addresses[0].interface.ip) for h in here.fabric.hosts}
    for a, b in (("web1", "web2"), ("web1", "box1"), ("box1", "web2")):
        script = f"for n in $(seq 150); do ping -c1 -W1 {addresses[b]} >/dev/null && exit 0; sleep 0.2; done; exit 1"
        done = here.lab.run(a, "sh", "-c", script, timeout_s=180)
        assert done.returncode == 0, f"{a} does not reach {b}"
