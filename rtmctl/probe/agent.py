"""RTMCTL_PROBE: sent to a host as text and run there by its python3 (3.7 or later), standard library only.

Reads one JSON object from stdin: {"start_ns", "duration_s", "linger_s", "stall_ms", "stop_file", "port", "receive",
"send": [{"flow", "source", "destination", "source_port", "port", "rate_pps", "size"}]}. All receivers of the host share
one socket, all senders one clock. Prints JSON lines: `self` (how well it kept its times), one `sent` a flow sent, one
`received` a flow that arrived.

One process and one thread: packets of equal due time leave together, and between two due times the receiver's queue is
emptied. The kernel stamps arrivals, so a busy receiver delays nothing but its own reading.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

SO_TIMESTAMPNS, SO_RXQ_OVFL, SO_RCVBUFFORCE = 35, 40, 33
HEAD = struct.Struct("!4sIQQ")
"""magic, flow, sequence number, intended send time (CLOCK_REALTIME, ns)"""
MAGIC = b"rtmP"
TIMESPEC = struct.Struct("@qq")
BUFFER = 8 << 20
DRAIN_NS = 5_000_000
STOP_NS = 200_000_000
STALLS_KEPT = 100


class Received:
    """What arrived of one flow."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.count = self.duplicates = self.reordered = 0
        self.highest = -1
        self.first_ns = self.last_ns = 0
        self.min_ns = 1 << 62
        self.max_ns = -(1 << 62)
        self.latency: dict[int, int] = {}

    def add(self, sequence: int, sent_ns: int, arrived_ns: int) -> None:
        if sequence >= len(self.seen):
            self.seen.extend(bytes(sequence + 4096 - len(self.seen)))
        if self.seen[sequence]:
            self.duplicates += 1
            return
        self.seen[sequence] = 1
        self.count += 1
        if sequence < self.highest:
            self.reordered += 1
        else:
            self.highest = sequence
        self.first_ns = self.first_ns or arrived_ns
        self.last_ns = arrived_ns
        took = arrived_ns - sent_ns
        self.min_ns = min(self.min_ns, took)
        self.max_ns = max(self.max_ns, took)
        key = bucket(took // 1000)
        self.latency[key] = self.latency.get(key, 0) + 1

    def missing(self) -> list[list[int]]:
        """[first, last] of each run of missing sequence numbers below the highest that arrived."""
        runs: list[list[int]] = []
        at = 0
        while True:
            first = self.seen.find(0, at, self.highest + 1)
            if first < 0:
                return runs
            after = self.seen.find(1, first, self.highest + 1)
            runs.append([first, after - 1])
            at = after


def bucket(value_us: int) -> int:
    """Round down to 7 significant bits: at most 1.6 % off."""
    size = abs(value_us)
    shift = max(0, size.bit_length() - 7)
    kept = size >> shift << shift
    return kept if value_us >= 0 else -kept


class Sender:
    def __init__(self, spec: dict[str, Any], begin_ns: int, begin_wall_ns: int) -> None:
        self.flow: int = spec["flow"]
        family = socket.AF_INET6 if ":" in spec["destination"] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((spec["source"], spec["source_port"]))
        self.to = (spec["destination"], spec["port"])
        self.interval = 1e9 / spec["rate_pps"]
        self.padding = b"." * max(0, spec["size"] - (20 if family == socket.AF_INET else 40) - 8 - HEAD.size)
        self.begin, self.begin_wall = begin_ns, begin_wall_ns
        self.sequence = 0
        self.due = begin_ns
        self.errors: dict[str, int] = {}

    def send(self) -> None:
        intended = self.begin_wall + (self.due - self.begin)
        try:
            self.sock.sendto(HEAD.pack(MAGIC, self.flow, self.sequence, intended) + self.padding, self.to)
        except OSError as error:
            name = os.strerror(error.errno or 0)
            self.errors[name] = self.errors.get(name, 0) + 1
        self.sequence += 1
        self.due = self.begin + int(self.sequence * self.interval)


class Receiver:
    def __init__(self, port: int) -> None:
        try:
            self.sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.sock.bind(("::", port))
        except OSError:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind(("0.0.0.0", port))
        self.sock.setblocking(False)
        for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
            with contextlib.suppress(OSError):  # beyond rmem_max only root may go
                self.sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
        self.flows: dict[int, Received] = {}
        self.overflow = 0

    def drain(self) -> None:
        receive, unpack = self.sock.recvmsg, HEAD.unpack_from
        while True:
            try:
                data, notes, _, _ = receive(2048, 128)
            except BlockingIOError:
                return
            except OSError:
                continue
            arrived = 0
            for _, kind, body in notes:
                if kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = TIMESPEC.unpack_from(body)
                    arrived = seconds * 1_000_000_000 + nanoseconds
                elif kind == SO_RXQ_OVFL:
                    self.overflow = struct.unpack_from("@I", body)[0]
            if len(data) < HEAD.size or data[:4] != MAGIC:
                continue
            _, flow, sequence, sent = unpack(data)
            if flow not in self.flows:
                self.flows[flow] = Received()
            self.flows[flow].add(sequence, sent, arrived)


class Keeper:
    """Keeps the times and knows how well it did."""

    def __init__(self, stall_ns: int) -> None:
        self.stall_ns = stall_ns
        self.worst_ns = 0
        self.stalls: list[list[float]] = []

    def sent_late(self, late_ns: int, since_begin_ns: int) -> None:
        self.worst_ns = max(self.worst_ns, late_ns)
        if late_ns > self.stall_ns and len(self.stalls) < STALLS_KEPT:
            self.stalls.append([since_begin_ns / 1e6, late_ns / 1e6])


def urgent() -> bool:
    """Ask for real-time scheduling; a probe that waits for the CPU measures the CPU."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except (OSError, AttributeError):
        with contextlib.suppress(OSError):
            os.nice(-10)
        return False
    return True


def run(spec: dict[str, Any]) -> list[dict[str, Any]]:
    receiver = Receiver(spec["port"])
    offset = time.time_ns() - time.monotonic_ns()
    begin = spec["start_ns"] - offset
    ready_late_ns = time.monotonic_ns() - begin
    begin = max(begin, time.monotonic_ns())
    senders = [Sender(one, begin, begin + offset) for one in spec["send"]]
    keeper = Keeper(int(spec["stall_ms"] * 1e6))
    realtime = urgent()
    gc.collect()
    gc.disable()
    end = begin + int(spec["duration_s"] * 1e9)
    stopped_at = loop(senders, receiver, keeper, begin, end, Path(spec["stop_file"]))
    quiet_until = stopped_at + int(spec["linger_s"] * 1e9)
    while time.monotonic_ns() < quiet_until:
        time.sleep(0.005)
        receiver.drain()
    step = abs(time.time_ns() - time.monotonic_ns() - offset)
    with contextlib.suppress(OSError):
        Path(spec["stop_file"]).unlink()
    lines: list[dict[str, Any]] = [
        {
            "type": "self",
            "began_ns": begin + offset,
            "ready_late_ms": ready_late_ns / 1e6,
            "lasted_s": (stopped_at - begin) / 1e9,
            "worst_late_ms": keeper.worst_ns / 1e6,
            "stalls": keeper.stalls,
            "clock_step_ms": step / 1e6,
            "overflow": receiver.overflow,
            "realtime": realtime,
        }
    ]
    lines += [{"type": "sent", "flow": s.flow, "count": s.sequence, "errors": s.errors} for s in senders]
    lines += [report(flow, received) for flow, received in sorted(receiver.flows.items())]
    return lines


def report(flow: int, received: Received) -> dict[str, Any]:
    return {
        "type": "received",
        "flow": flow,
        "count": received.count,
        "duplicates": received.duplicates,
        "reordered": received.reordered,
        "highest": received.highest,
        "missing": received.missing(),
        "min_us": received.min_ns / 1000,
        "max_us": received.max_ns / 1000,
        "latency_us": sorted(received.latency.items()),
    }


def loop(senders: list[Sender], receiver: Receiver, keeper: Keeper, begin: int, end: int, stop: Path) -> int:
    """Send and receive until the end or the stop file; returns when it stopped (monotonic, ns)."""
    clock = time.monotonic_ns
    next_stop, next_drain = begin, begin
    while True:
        due = min((s.due for s in senders), default=clock() + DRAIN_NS)
        due = min(due, end)
        now = clock()
        if due > now:
            time.sleep((due - now) / 1e9)  # clock_nanosleep
            now = clock()
        if now >= next_stop:
            next_stop = now + STOP_NS
            if stop.exists():
                return now
        for sender in senders:
            while sender.due <= now and sender.due < end:
                keeper.sent_late(clock() - sender.due, sender.due - begin)
                sender.send()
        if now >= end:
            return now
        if now >= next_drain:
            next_drain = now + DRAIN_NS
            receiver.drain()


def main() -> None:
    for line in run(json.load(sys.stdin)):
        print(json.dumps(line))


if __name__ == "__main__":
    main()
