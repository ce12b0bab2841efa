"""The lines of a switch's recorder as events, counters and doubts. Pure; FRR 8.4 to 10.3."""

import base64
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from rtmctl.device.events import (
    BfdEvent,
    BgpEvent,
    ClockOffset,
    CounterSample,
    Counts,
    DaemonEvent,
    Event,
    Sighting,
)
from rtmctl.device.frr.netlink import messages
from rtmctl.device.frr.tables import Space

LATE_MS = 200.0
"""a recorder that was later than this did not run; what it stamped then it had not seen come"""
LIVE = struct.Struct("=QIIqqIIIII")
"""zlog_live_hdr up to texthdrlen: seconds, ns, header length, pid, tid, lost, priority, flags, text length, prefix"""
_ADJACENCY = re.compile(r"%ADJCHANGE: neighbor (\S+?)(?:\([^)]*\))? in vrf (\S+) (Up|Down)\s*(.*)", re.DOTALL)
_DIAGNOSTICS = {
    0: "",
    1: "control detection time expired",
    2: "echo function failed",
    3: "neighbor signaled session down",
    4: "forwarding plane reset",
    5: "path down",
    6: "concatenated path down",
    7: "administratively down",
    8: "reverse concatenated path down",
}
"""RFC 5880 §4.1"""

Line = list[Any]


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What one switch told."""

    device: str
    events: tuple[Event, ...]
    """in order of time"""
    counters: tuple[CounterSample, ...]
    doubts: tuple[str, ...]
    sources: frozenset[str]
    """daemons that were heard: bgpd, bfdd, zebra, and `bfd`, bfdd's own notifications"""
    clock: ClockOffset
    stamp_error_ms: float
    """events carry the time at which the recorder read them, at worst so long after they were"""
    first_ns: int
    last_ns: int
    """of its last line; a switch that died is silent afterwards"""


def read_record(device: str, lines: Iterable[Line], clock: ClockOffset) -> DeviceRecord:
    """Lines of other kinds, or that cannot be read, are doubts."""
    reader = _Reader(device, clock)
    events: list[Event] = []
    for line in lines:
        try:
            events += reader.take(line)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error) as error:
            reader.doubts.append(f"a line of kind {str(line)[:40]!r} cannot be read: {error}")
    if "bgpd" not in reader.sources:
        reader.doubts.append("bgpd was not heard: what its sessions did is not known")
    late = reader.late_us / 1000
    if late > LATE_MS:
        reader.doubts.append(f"the recorder did not run for {late:.0f} ms: what it saw then is stamped late")
    return DeviceRecord(
        device=device,
        events=tuple(sorted(events, key=lambda event: event.at_ns)),
        counters=tuple(reader.counters),
        doubts=tuple(dict.fromkeys(reader.doubts)),
        sources=frozenset(reader.sources),
        clock=clock,
        stamp_error_ms=late,
        first_ns=reader.first_ns or 0,
        last_ns=reader.last_ns,
    )


class _Reader:
    def __init__(self, device: str, clock: ClockOffset) -> None:
        self.device, self._offset = device, clock.ns
        self.counters: list[CounterSample] = []
        self.doubts: list[str] = []
        self.sources: set[str] = set()
        self.late_us = 0
        self.first_ns: int | None = None
        self.last_ns = 0
        self._begun = False
        self._spaces: dict[str, Space] = {}
        self._bfd: dict[str, bool] = {}
        self._lost: dict[str, int] = {}

    def take(self, line: Line) -> Iterator[Event]:
        kind, at_ns, *rest = line
        at_ns -= self._offset
        if self.first_ns is None:
            self.first_ns = at_ns
        self.last_ns = max(self.last_ns, at_ns)
        match kind, rest:
            case (("dump" | "netlink"), [space, text]):
                there = self._spaces.setdefault(space, Space(self.device, space))
                for message in messages(base64.b64decode(text)):
                    seen = list(there.take(message, at_ns))
                    yield from seen if kind == "netlink" else ()
            case "log", [daemon, text]:
                yield from self._log(daemon, base64.b64decode(text))
            case "bfd", [found]:
                yield from self._bfd_status(at_ns, found)
            case "daemon", [name, runs]:
                yield from self._daemon(at_ns, name, runs)
            case "counters", [late_us, found]:
                self.late_us = max(self.late_us, int(late_us))
                self.counters.append(counter_sample(self.device, at_ns, found))
            case "hello", [about]:
                self._begun = True
                self.sources |= set(about["sources"])
            case "doubt", [text]:
                self.doubts.append(str(text))
            case "answer", _:
                pass
            case _:
                raise ValueError("unknown")

    def _daemon(self, at_ns: int, name: str, runs: bool) -> Iterator[Event]:
        """What runs already when the recording begins is no event."""
        self.sources.add(name)
        if self._begun:
            yield DaemonEvent(at_ns, self.device, name, runs)

    def _log(self, daemon: str, message: bytes) -> Iterator[Event]:
        seconds, ns, header, _, _, lost, _, _, length, prefix = LIVE.unpack_from(message)
        text = message[header + prefix : header + length].decode("utf-8", "replace")
        if lost > self._lost.get(daemon, 0):
            self.doubts.append(f"{lost - self._lost.get(daemon, 0)} messages of {daemon} were lost")
            self._lost[daemon] = lost
        found = _ADJACENCY.search(text)
        if daemon == "bgpd" and found:
            at_ns = seconds * 1_000_000_000 + ns - self._offset
            yield BgpEvent(at_ns, self.device, found[2], found[1], found[3] == "Up", found[4].strip())

    def _bfd_status(self, at_ns: int, found: Mapping[str, Any]) -> Iterator[Event]:
        """bfdd tells how every session stands before it tells of changes."""
        if found.get("op") != "status":
            return
        peer = str(found.get("local-interface") or found["peer-address"])
        up = found["state"] == "up"
        before = self._bfd.get(peer)
        self._bfd[peer] = up
        if before is not None and before != up:
            reason = "" if up else _DIAGNOSTICS.get(int(found.get("diagnostics", 0)), "")
            yield BfdEvent(at_ns, self.device, peer, up, reason)


def counter_sample(device: str, at_ns: int, found: Mapping[str, Mapping[str, list[int]]]) -> CounterSample:
    """As the model names interfaces: `lo` of a namespace is the VRF's."""
    counts = {
        space if space and name == "lo" else name: Counts(*numbers)
        for space, ports in found.items()
        for name, numbers in ports.items()
    }
    return CounterSample(at_ns, device, counts)


def sightings(device: str, found: Mapping[str, Any]) -> tuple[Sighting, ...]:
    """The answer to `sample`."""
    return tuple(
        Sighting(device, port, out, ip_address(a), ip_address(b), sport, dport, packets, float(found["lasted_ms"]))
        for port, out, a, b, sport, dport, packets in found["flows"]
    )
