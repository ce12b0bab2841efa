"""Moving traffic off a device before its sessions are reset: the drained target first, under the same undo."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtmctl.change.errors import StepFailed
from rtmctl.change.events import Note, PhaseBegun, Waiting
from rtmctl.change.journal import Entry
from rtmctl.change.plan_types import DevicePlan
from rtmctl.change.secrets import Resolve, fill
from rtmctl.change.transaction import Transaction, commit_wave, restage_targets
from rtmctl.device.state import DeviceState
from rtmctl.device.types import Session
from rtmctl.model.types import DEFAULT_VRF, DeviceModel, PortKind

_WAIT_S = 30
_POLICY_S = 6
"""until neighbors have what a new policy announces: FRR waits 5 s (`bgp route-map delay-timer`)"""
_STEP_S = 1.0
_LLDP_S = 5
_PORT_PPS = 1.0
"""router advertisements and neighbour discovery on one port, both directions (RFC 4861 §6.2, §7.3)"""
_MARGIN, _SPARE_PPS = 1.25, 5.0
"""over what the protocols send by their timers: updates, retransmissions, a reading that is a moment late"""


def floor_pps(model: DeviceModel) -> float:
    """Packets a second that the device's own protocols put on its fabric ports, both directions, at most.

    BGP: a keepalive and its acknowledgement each way; BFD: a packet each way an interval, a quarter more often by its
    jitter (RFC 5880 §6.8.7); LLDP.
    """
    profiles = {profile.name: profile for profile in model.bfd_profiles}
    pps = sum(port.kind is PortKind.FABRIC for port in model.ports) * (2 / _LLDP_S + _PORT_PPS)
    for instance in model.bgp:
        if instance.vrf != DEFAULT_VRF:
            continue
        for neighbor in instance.neighbors:
            pps += 4 / max(instance.keepalive_s, 1)
            if neighbor.bfd_profile in profiles:
                pps += 2 * 1000 / profiles[neighbor.bfd_profile].tx_ms / 0.75
    return pps * _MARGIN + _SPARE_PPS


@dataclass(frozen=True, slots=True)
class Floor:
    """Waits until traffic has left the devices of these models."""

    models: Mapping[str, DeviceModel]
    go_on: bool
    """say it and go on where traffic stays, instead of failing"""

    async def wait(self, transaction: Transaction) -> None:
        """Until the rate on the fabric ports of each is what its own protocols make.

        Raises:
            StepFailed: traffic stays for `_WAIT_S`, or a device does not answer.
        """
        await asyncio.gather(*(self._wait_one(transaction, name) for name in self.models))

    async def _wait_one(self, transaction: Transaction, name: str) -> None:
        model = self.models[name]
        ports = frozenset(port.name for port in model.ports if port.kind is PortKind.FABRIC)
        floor = floor_pps(model)
        loop = asyncio.get_running_loop()
        told, until = loop.time() + _POLICY_S, loop.time() + _WAIT_S
        before, at = await _packets(transaction, name, ports), loop.time()
        rate = floor
        while loop.time() < until:
            await asyncio.sleep(_STEP_S)
            now, seconds = await _packets(transaction, name, ports), loop.time() - at
            rate = (now - before) / max(seconds, 0.1)
            if rate <= floor and loop.time() >= told:
                transaction.emit(Note(f"{name} is drained: {rate:.0f} packets/s on its fabric ports"))
                return
            transaction.emit(Waiting(f"{name} to drain, {rate:.0f} packets/s, floor {floor:.0f}", until - loop.time()))
            before, at = now, loop.time()
        said = (
            f"its fabric ports still carry {rate:.0f} packets/s after {_WAIT_S} s, "
            f"its own protocols make {floor:.0f} at most"
        )
        if not self.go_on:
            raise StepFailed(name, "drain", said, hint="find what has no other way; --accept-outage goes on anyway")
        transaction.emit(Note(f"{name}: {said}; going on, as asked"))


async def drain_first(transaction: Transaction, parts: Sequence[DevicePlan], floor: Floor, resolve: Resolve) -> None:
    """Apply the drained targets, wait for traffic to leave, then stage the real targets.

    Raises:
        StepFailed: a device cannot be drained; it must be undone like any failed commit.
    """
    names = tuple(part.device for part in parts)
    transaction.emit(PhaseBegun("drain", names))
    for name in names:
        transaction.journal.append(Entry.DRAIN, name)
    drained = {part.device: fill(part.drain, resolve) for part in parts if part.drain is not None}
    await restage_targets(transaction, drained)
    await commit_wave(transaction, names, {part.device: part.pre_hash for part in parts}, again=True)
    await floor.wait(transaction)
    await restage_targets(transaction, {part.device: fill(part.target, resolve) for part in parts})


async def _packets(transaction: Transaction, name: str, ports: frozenset[str]) -> int:
    async def read(device: Session) -> DeviceState:
        return await device.state()

    try:
        state = await transaction.fleet.call(name, "drain", read, transaction.timing.step_timeout_s)
    except StepFailed as failure:
        raise StepFailed(name, "drain", failure.reason) from failure
    return sum(link.rx_packets + link.tx_packets for link in state.links if link.name in ports)
