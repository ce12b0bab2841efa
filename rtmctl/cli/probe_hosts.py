"""The hosts that a probe enters: a lab's light ones by a command, whole machines over SSH; and why not the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtmctl.base import PermanentError
from rtmctl.cli.context import OpenSite
from rtmctl.cli.target import Target, lab_endpoint, login
from rtmctl.device.hosts import HostProcess, HostResult, HostRunner
from rtmctl.device.processes import ProcessRunner
from rtmctl.device.ssh_hosts import SshHosts
from rtmctl.fabric.types import Host
from rtmctl.lab.blueprint import NodeKind
from rtmctl.lab.driver import Lab


@dataclass(frozen=True, slots=True)
class ProbeHosts:
    """A HostRunner over others, each with hosts of its own."""

    runners: Sequence[HostRunner]
    closed: Mapping[str, str]
    """hosts of the site that cannot be entered, to the reason"""

    def hosts(self) -> frozenset[str]:
        return frozenset[str]().union(*(runner.hosts() for runner in self.runners))

    async def run(self, host: str, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> HostResult:
        return await self._of(host).run(host, command, stdin=stdin, timeout_s=timeout_s)

    async def start(self, host: str, command: Sequence[str]) -> HostProcess:
        return await self._of(host).start(host, command)

    def _of(self, host: str) -> HostRunner:
        for runner in self.runners:
            if host in runner.hosts():
                return runner
        raise PermanentError(f"there is no host {host}")


def probe_hosts(opened: OpenSite, target: Target) -> ProbeHosts:
    """Every host of the site, or how it stands that it cannot be entered. Raises what `login` does."""
    hosts = opened.fabric.hosts
    closed = {host.name: "it is not ours (managed: false)" for host in hosts if not host.managed}
    ours = [host for host in hosts if host.managed]
    if target.lab is None:
        reached = [host for host in ours if host.management is not None]
        closed |= {h.name: "it has no `management` address in the site" for h in ours if h.management is None}
        endpoints = {host.name: login(opened, host.name, "linux", str(host.management)) for host in reached}
        return ProbeHosts((SshHosts(endpoints),), closed)
    return _in_lab(target.lab, ours, closed)


def _in_lab(lab: Lab, ours: Sequence[Host], closed: Mapping[str, str]) -> ProbeHosts:
    nodes = {node.name: node for node in lab.status().nodes}
    running = {host.name for host in ours if host.name in nodes and nodes[host.name].running}
    down = {host.name: f"it does not run in lab {lab.name}" for host in ours if host.name not in running}
    machines = {name for name in running if nodes[name].kind is NodeKind.SYSTEMD}
    over_ssh = SshHosts({name: lab_endpoint(lab, name, "linux") for name in sorted(machines)})
    return ProbeHosts((ProcessRunner(frozenset(running - machines), lab.command), over_ssh), {**closed, **down})
