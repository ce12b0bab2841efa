"""A small site on a lab of its own, configured over SSH, with a verify that can be asked again and again."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rtmctl.device import Endpoint, connect
from rtmctl.fabric import Fabric, Lock, allocate, derive
from rtmctl.intent import read_text
from rtmctl.lab import Choices, Lab, open_lab
from rtmctl.lab.substitute import adapt
from rtmctl.model import DeviceModel, build_models
from rtmctl.observe import Opener, Options, Selection, VerifyReport, opener_of, verify
from rtmctl.probe import ProcessRunner
from rtmctl.render import render
from tests.unit.observe.observe_sites import OBSERVED

SETTLE_S = 40.0
"""a hang limit, not a claim"""


@dataclass(frozen=True)
class Observed:
    lab: Lab
    fabric: Fabric
    models: dict[str, DeviceModel]

    @property
    def hosts(self) -> ProcessRunner:
        return ProcessRunner(frozenset(h.name for h in self.fabric.hosts if h.managed), self.lab.command)

    def endpoints(self) -> dict[str, Endpoint]:
        found = {}
        for device in self.fabric.devices:
            a = self.lab.access(device.name)
            found[device.name] = Endpoint(
                device.name, device.platform, a.address, a.port, a.user, a.key, a.known_hosts, a.dial
            )
        return found

    def opener(self) -> Opener:
        return opener_of(self.endpoints())

    def port(self, device: str, peer: str) -> str:
        return next(p.name for p in self.models[device].ports if p.peer_device == peer)

    def verify(self, *only: str, wait_s: float = 0, during: Callable[[], object] | None = None) -> VerifyReport:
        """`during` is called when the hosts begin to send: between the first reading and the last."""

        def progress(text: str) -> None:
            say(text)
            if during is not None and "tests from" in text:
                during()

        options = Options(Selection(only=frozenset(only)), wait_s=wait_s)
        return asyncio.run(verify(self.fabric, self.models, self.opener(), self.hosts, options, progress=progress))

    def run(self, node: str, script: str) -> str:
        done = self.lab.run(node, "sh", "-ec", script)
        assert done.returncode == 0, (node, script, done.stderr)
        return done.stdout

    def forget(self) -> None:
        """Path MTUs that the kernel learnt stay for ten minutes, and LLDP speaks every 30 s."""
        for name in self.models:
            every = "for n in $(ip netns list | cut -d' ' -f1); do ip netns exec $n ip route flush cache; done"
            self.run(name, f"ip route flush cache; {every}; lldpcli update >/dev/null")
        for host in self.hosts.hosts():
            self.run(host, "ip route flush cache")

    @contextmanager
    def broken(self, node: str, break_it: str, mend_it: str, *checks: str) -> Iterator[None]:
        """Whatever a test says, the lab is whole again afterwards: these checks, which saw the fault, say so."""
        self.run(node, break_it)
        try:
            yield
        finally:
            self.run(node, mend_it)
            self.forget()
            mended = self.verify(*checks, wait_s=SETTLE_S)
            assert mended.ok, [str(d) for d in mended.deviations]


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


@contextmanager
def observed(text: str = OBSERVED, choices: Choices = Choices()) -> Iterator[Observed]:  # noqa: B008 - frozen
    site, findings = read_text(text, Path())
    assert site is not None, findings
    fabric = derive(site, allocate(site, Lock.empty()))
    lab = open_lab(site.name)
    try:
        lab.up(fabric, choices, say)
        here = Observed(lab, fabric, build_models(fabric))
        asyncio.run(_configure(here))
        yield here
    finally:
        lab.down()


async def _configure(here: Observed) -> None:
    """Every device at once, as a bootstrap does."""

    async def one(endpoint: Endpoint) -> None:
        session = await connect(endpoint)
        config, _ = adapt(render(here.models[endpoint.name]), here.lab.features(endpoint.name))
        lease = await session.lease("observe-tests", 300, "tests")
        await session.stage("t1", lease.fence, config)
        await session.commit("t1", lease.fence, (await session.running()).hash, 300)
        await session.confirm("t1", lease.fence)
        await session.release(lease.fence)
        await session.close()

    await asyncio.gather(*(one(endpoint) for endpoint in here.endpoints().values()))
