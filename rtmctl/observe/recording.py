"""Many switches recorded at once, on one clock: events, counters, and which flows crossed which ports."""

import asyncio
import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtmctl.base import RtmctlError
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.events import CounterSample, Event, Sighting
from rtmctl.device.fanout import fan_out
from rtmctl.device.frr.recorded import DeviceRecord
from rtmctl.device.recording import LEASE_S, DeviceRecording, start_device

CLOCK_ERROR_MS = 5.0
"""a switch whose clock is known no better than this puts events in the wrong order"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the switches told until the recording was stopped."""

    devices: Mapping[str, DeviceRecord]
    missing: Mapping[str, str]
    """switches that could not be recorded at all, with the reason"""
    absent: Mapping[str, str]
    """switches that were not heard any more before the end: dead, or out of reach. What they told before is here"""

    @property
    def events(self) -> tuple[Event, ...]:
        """Of all switches, in order of time."""
        each = (record.events for record in self.devices.values())
        return tuple(heapq.merge(*each, key=lambda event: event.at_ns))

    @property
    def counters(self) -> tuple[CounterSample, ...]:
        each = (record.counters for record in self.devices.values())
        return tuple(heapq.merge(*each, key=lambda sample: sample.at_ns))

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why something that happened may be missing here; whoever is absent is none."""
        found = [f"{device}: not recorded: {reason}" for device, reason in sorted(self.missing.items())]
        for device, record in sorted(self.devices.items()):
            found += [f"{device}: {doubt}" for doubt in record.doubts]
        return tuple(found)

    @property
    def imprecise(self) -> tuple[str, ...]:
        """Whose events may stand in the wrong order: their times are not exact. What probes measured is not touched."""
        return tuple(
            f"{device}: its clock is known to ±{error_ms:.1f} ms only"
            for device, record in sorted(self.devices.items())
            if (error_ms := record.clock.error_ns / 1e6) > CLOCK_ERROR_MS
        )


class Recording:
    """Begun by `start_recording`; ends with `stop`, or with the connections."""

    def __init__(self, devices: Mapping[str, DeviceRecording], missing: Mapping[str, str]) -> None:
        self._devices = devices
        self.missing = missing

    @property
    def silent(self) -> tuple[str, ...]:
        """Switches of which nothing has been heard for a second."""
        return tuple(name for name, device in sorted(self._devices.items()) if device.silent)

    async def counters(self) -> dict[str, CounterSample]:
        """All counters now, of each switch that answers."""
        found, _ = await fan_out(self._devices, lambda name: self._devices[name].counters())
        return found

    async def look(
        self, ports: Mapping[str, Sequence[str]], udp_port: int, window_ms: float = 100.0
    ) -> tuple[tuple[Sighting, ...], dict[str, str], tuple[int, int]]:
        """Which flows to one UDP port cross these ports of these switches within the window.

        Returns:
            what was seen, who could not look and why, and from when to when (ns) all of them looked.
        """
        wanted = {name: names for name, names in ports.items() if name in self._devices and names}
        began_ns = time.time_ns()
        found, failures = await fan_out(
            wanted, lambda name: self._devices[name].sample(wanted[name], udp_port, window_ms)
        )
        reasons = {name: error.message for name, error in failures.items()}
        reasons |= {name: reason for name, reason in self.missing.items() if name in ports}
        return tuple(one for each in found.values() for one in each), reasons, (began_ns, time.time_ns())

    async def stop(self) -> Recorded:
        """End every recorder, and read what it told."""
        ended = await asyncio.gather(*(device.stop() for device in self._devices.values()))
        records = {record.device: record for record, _ in ended}
        return Recorded(records, self.missing, {record.device: why for record, why in ended if why})

    async def close(self) -> None:
        """End without reading."""
        await asyncio.gather(*(device.close() for device in self._devices.values()))


async def start_recording(endpoints: Mapping[str, Endpoint], *, lease_s: float = LEASE_S) -> Recording:
    """Begin on all switches at once. One that cannot be recorded is told in `missing` and is no error.

    Args:
        lease_s: recorders end by themselves so long after they last heard of this process.
    """
    started, failures = await fan_out(endpoints, lambda name: start_device(endpoints[name], lease_s))
    return Recording(started, {name: _reason(error) for name, error in failures.items()})


def _reason(error: RtmctlError) -> str:
    return error.message
