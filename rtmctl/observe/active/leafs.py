"""Tests that leafs make themselves: pings to hosts that are not ours, and full-size packets between VTEPs."""

import asyncio
import re
from collections.abc import Mapping
from random import Random

from rtmctl.base import RtmctlError
from rtmctl.base.net import Address
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DEFAULT_VRF, DeviceModel
from rtmctl.observe.expect import underlay
from rtmctl.observe.gather import Sessions
from rtmctl.observe.hosts import DevicePinger
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.places import places

FOREIGN = "the host is not ours: ask its owner, or take `managed: false` and the host out of the site"
SMALLER = "a link on the way has a smaller MTU"
VTEP_PAIRS = 64
CONCURRENT_PINGS = 8


class Leafs:
    """Pings out of devices, a few at a time."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._gate = asyncio.Semaphore(CONCURRENT_PINGS)

    async def ping(
        self, leaf: str, destination: Address, *, vrf: str, source: Address | None, size: int, dont_fragment: bool
    ) -> int | str:
        """Answers, or why it could not be asked."""
        async with self._gate:
            try:
                session = await self._sessions.get(leaf)
                if not isinstance(session, DevicePinger):
                    return "its driver has no ping"
                options = {"source": str(source)} if source is not None else {}
                payload = size - (28 if destination.version == 4 else 48)
                reply = await session.ping(
                    str(destination), vrf=vrf, count=2, size=payload, df=dont_fragment, timeout_s=20.0, **options
                )
            except RtmctlError as error:
                return error.message
        return received(str(reply.get("output", "")), str(reply.get("error", "")))


def received(output: str, error: str) -> int | str:
    """The answers that ping(8) counted; its message when it sent nothing. 'message too long' counts as none."""
    count = re.search(r"(\d+) received", output)
    if count is not None:
        return int(count[1])
    return f"ping: {error or 'no statistics in its output'}"


async def ping_foreign(fabric: Fabric, models: Mapping[str, DeviceModel], leafs: Leafs, ledger: Ledger) -> None:
    """Each address of a host that is not ours, from the VRF of each of its leafs."""

    async def one(host: str, leaf: str, destination: Address, vrf: str, source: Address | None) -> None:
        subject = f"{host} ({destination}, not ours) from VRF {vrf}"
        answers = await leafs.ping(leaf, destination, vrf=vrf, source=source, size=84, dont_fragment=False)
        if isinstance(answers, str):
            ledger.not_run(f"{leaf}: {answers}")
        else:
            ledger.expect(answers > 0, leaf, subject, "an answer to ping", "none", hint=FOREIGN, about=[host])

    await asyncio.gather(
        *(
            one(
                p.host,
                leaf,
                p.address,
                p.tenant,
                _loopback(models[leaf], p.tenant, p.version),
            )
            for host in fabric.hosts
            if not host.managed
            for p in places(fabric, host)
            for leaf in p.leafs
        )
    )


async def vtep_mtu(
    fabric: Fabric, models: Mapping[str, DeviceModel], leafs: Leafs, ledger: Ledger, random: Random
) -> None:
    """Packets of the fabric's MTU that must not be fragmented, between VTEPs."""
    reach = underlay(fabric, frozenset())
    vteps = {name: model.vtep for name, model in sorted(models.items()) if model.vtep is not None}
    pairs = [(a, b) for a in vteps for b in vteps if (a, b) in reach]
    if len(pairs) > VTEP_PAIRS:
        ledger.skip(f"sampled {VTEP_PAIRS} of {len(pairs)} ordered pairs of VTEPs")
        pairs = random.sample(pairs, VTEP_PAIRS)

    async def one(a: str, b: str) -> None:
        answers = await leafs.ping(
            a, vteps[b], vrf=DEFAULT_VRF, source=vteps[a], size=fabric.fabric_mtu, dont_fragment=True
        )
        if isinstance(answers, str):
            ledger.not_run(f"{a}: {answers}")
            return
        subject = f"VTEP {vteps[a]} → {b} ({vteps[b]}), {fabric.fabric_mtu} bytes, DF"
        ledger.expect(answers > 0, a, subject, "an answer", "none", hint=SMALLER, about=[b])

    await asyncio.gather(*(one(a, b) for a, b in pairs))


def _loopback(model: DeviceModel, vrf: str, version: int) -> Address | None:
    """The device's own address in a VRF; None leaves the choice to the kernel."""
    own = (a.ip for lo in model.loopbacks if lo.vrf == vrf for a in lo.addresses)
    return next((ip for ip in own if ip.version == version), None)
