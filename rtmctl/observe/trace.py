"""The path a packet is predicted to take beside the one it took.

Measured with port counters: a burst of packets of one fixed 5-tuple is sent from the source host while the counters
of all devices are read before and after; a port the burst left by shows it. ECMP pins a 5-tuple to one of the equal
paths, so another flow may take another.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rtmctl.base import Exit, PermanentError, TemporaryError
from rtmctl.device.state import DeviceState
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel, PortKind
from rtmctl.observe.gather import Sessions
from rtmctl.observe.hosts import HostRunner
from rtmctl.observe.predict import Prediction, predict

BURST = 1000
"""packets; far above what BGP and BFD send while the counters are read"""
SHARE = 0.5
"""a port carried the burst when its counter rose by at least this share of it"""
PART = 0.1
"""a smaller share is background"""
_SENDER = Path(__file__).with_name("burst.py")


@dataclass(frozen=True, slots=True)
class Packets:
    """The flow that is sent. ICMP has no ports."""

    protocol: str = "udp"
    """udp, tcp, icmp"""
    port: int = 33434
    source_port: int = 49152


@dataclass(frozen=True, slots=True)
class Hop:
    """A device whose counters show the burst."""

    device: str
    in_port: str
    out_port: str
    """'' where no port shows it leaving: it was dropped there, or the device is the last that was read"""
    packets_in: int
    packets_out: int
    predicted: bool
    to: str = ""
    """what the cable of `out_port` leads to; '' for nothing known"""
    also: tuple[tuple[str, int], ...] = ()
    """other ports that took a part of the burst, with packets: the outer flow was not one. Not told where answers
    came in by `out_port`, which leave by any of the others"""


@dataclass(frozen=True, slots=True)
class Taken:
    hops: tuple[Hop, ...]
    sent: int
    packets: Packets
    unread: tuple[str, ...] = ()
    """devices whose counters could not be read: the packets may have passed there"""


@dataclass(frozen=True, slots=True)
class Trace:
    prediction: Prediction
    taken: Taken | None
    not_measured: str
    """why `taken` is None"""

    @property
    def agrees(self) -> bool | None:
        """None when nothing was measured, or not all of it."""
        if self.taken is None or self.taken.unread:
            return None
        reached = bool(self.taken.hops) and self.taken.hops[-1].to == self.prediction.destination.host
        if self.prediction.passes is False:
            return not reached
        return reached and all(hop.predicted for hop in self.taken.hops)


async def trace(
    fabric: Fabric,
    models: Mapping[str, DeviceModel],
    sessions: Sessions,
    hosts: HostRunner | None,
    source: str,
    destination: str,
    packets: Packets,
    *,
    burst: int = BURST,
) -> Trace:
    """Predict, send a burst of one flow, and say which ports carried it.

    Raises:
        PermanentError: an unknown host, or the same one twice.
        TemporaryError: the source host could not send.
    """
    flow = {} if packets.protocol == "icmp" else {"port": packets.port, "source_port": packets.source_port}
    prediction = predict(fabric, models, source, destination, protocol=packets.protocol, **flow)
    if prediction.source.host == prediction.destination.host:
        raise PermanentError(
            f"{source} and {destination} are one host: its packets never leave it", hint="name two", exit=Exit.USAGE
        )
    host = prediction.source.host
    if hosts is None or host not in hosts.hosts():
        return Trace(prediction, None, f"{host} cannot be entered")
    before, failures = await sessions.read()
    spec = {
        "source": str(prediction.source.address),
        "to": str(prediction.destination.address),
        "count": burst,
        **asdict(packets),
    }
    script = await asyncio.to_thread(_SENDER.read_text)
    result = await hosts.run(host, ["python3", "-c", script], stdin=json.dumps(spec), timeout_s=60)
    if result.exit_code != 0:
        raise TemporaryError(f"{host} could not send: {(result.stderr.strip().splitlines() or ['no message'])[-1]}")
    await asyncio.sleep(0.2)  # the last packets are still on their way
    after, more = await sessions.read()
    sent = int(json.loads(result.stdout)["sent"])
    unread = tuple(sorted({*failures, *more}))
    if set(prediction.source.leafs) <= set(unread):
        return Trace(prediction, None, f"the counters of {', '.join(unread)} could not be read")
    hops = walk(models, before, after, prediction, sent)
    return Trace(prediction, Taken(hops, sent, packets, unread), "")


def walk(
    models: Mapping[str, DeviceModel],
    before: Mapping[str, DeviceState],
    after: Mapping[str, DeviceState],
    prediction: Prediction,
    sent: int,
) -> tuple[Hop, ...]:
    """Follow the burst from the source host's leaf, port by port. Pure."""
    rises = {name: _rises(before[name], after[name]) for name in after if name in before}
    starts = [
        (leaf, port.name)
        for leaf in prediction.source.leafs
        for port in models[leaf].ports
        if port.peer_device == prediction.source.host
    ]
    hops: list[Hop] = []
    here = max(starts, key=lambda s: rises.get(s[0], {}).get(s[1], (0, 0))[0], default=None)
    while here is not None and here[0] in rises and here[0] not in {hop.device for hop in hops}:
        device, in_port = here
        counters = rises[device]
        arrived = counters.get(in_port, (0, 0))[0]
        if arrived < sent * SHARE:
            break
        ports = {p.name: p for p in models[device].ports if p.kind is not PortKind.MANAGEMENT and p.name != in_port}
        # answers of the destination come back through the same devices: of two ports, the predicted one
        carried = [p for p in ports if counters.get(p, (0, 0))[1] >= sent * SHARE]
        expected = [p for p in carried if _predicted(prediction, device, p)]
        out = max(expected or carried or ports, key=lambda p: counters.get(p, (0, 0))[1], default="")
        arrived_there, left = counters.get(out, (0, 0))
        answered = arrived_there >= sent * SHARE
        if left < sent * SHARE:
            hops.append(Hop(device, in_port, "", arrived, left, _predicted(prediction, device, "")))
            break
        others = () if answered else (p for p in ports if p != out and counters.get(p, (0, 0))[1] > sent * PART)
        also = tuple((p, counters[p][1]) for p in others)
        right = all(_predicted(prediction, device, p) for p in (out, *(p for p, _ in also)))
        far = ports[out].peer_device
        hops.append(Hop(device, in_port, out, arrived, left, right, far or "", also))
        here = (far, ports[out].peer_port or "") if far in rises and far is not None else None
    return tuple(hops)


def _predicted(prediction: Prediction, device: str, port: str) -> bool:
    return any((device, port) in stage.ports for stage in prediction.stages)


def _rises(before: DeviceState, after: DeviceState) -> dict[str, tuple[int, int]]:
    """Port to (packets received, packets sent) between two readings."""
    old = {link.name: link for link in before.links}
    return {
        link.name: (link.rx_packets - old[link.name].rx_packets, link.tx_packets - old[link.name].tx_packets)
        for link in after.links
        if link.name in old
    }
