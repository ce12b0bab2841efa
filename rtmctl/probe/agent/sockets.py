"""The sockets: senders on their own ports, a receiver an address."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from typing import Any

from .effort import Keeper
from .tally import Echoed, Received
from .wire import (
    BUFFER,
    ECHO,
    HEAD,
    MAGIC,
    MEMINFO_DROPS,
    MSG_ERRQUEUE,
    SO_MEMINFO,
    SO_RCVBUFFORCE,
    SO_TIMESTAMPING,
    SO_TIMESTAMPNS,
    SOFTWARE,
    TX_SCHED,
    family_of,
    headers_of,
    stamp_of,
)


def opened(address: str, port: int) -> socket.socket:
    """A UDP socket bound to it. Raises OSError, with both in its text."""
    sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.bind((address, port))
    except OSError as error:
        raise OSError(f"{address} port {port}: {os.strerror(error.errno or 0)}") from None
    return sock


def roomy(sock: socket.socket) -> None:
    for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
        with contextlib.suppress(OSError):  # beyond rmem_max only root may go
            sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)


def dropped(sock: socket.socket) -> int:
    """Packets that found its queue full."""
    row = sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 4 * (MEMINFO_DROPS + 1))
    drops: int = struct.unpack_from("@I", row, 4 * MEMINFO_DROPS)[0]
    return drops


class Sender:
    """One flow on its way out, and what its far end sends back of it."""

    def __init__(self, spec: dict[str, Any], run: int, port: int, keeper: Keeper, *, echo: bool) -> None:
        self.flow: int = spec["flow"]
        self.run = run
        self.sock = opened(spec["source"], spec["source_port"])
        self.to = (spec["destination"], port)
        self.interval = 1e9 / spec["rate_pps"]
        self.padding = b"." * max(0, spec["size"] - headers_of(self.sock.family) - HEAD.size)
        self.keeper = keeper
        self.begin = self.wall = self.sequence = self.due = self.stamped = 0
        self.errors: dict[str, int] = {}
        self.echoed = Echoed()
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TX_SCHED | SOFTWARE)
        if echo:
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            roomy(self.sock)

    def start(self, begin_ns: int, wall_ns: int) -> None:
        """The same moment on CLOCK_MONOTONIC and on CLOCK_REALTIME."""
        self.begin = self.due = begin_ns
        self.wall = wall_ns

    def send_due(self, now_ns: int, most: int) -> None:
        while self.due <= now_ns and most > 0:
            self.send()
            most -= 1

    def send(self) -> None:
        since = self.due - self.begin
        now = time.monotonic_ns() - self.begin
        head = HEAD.pack(MAGIC, self.run, self.flow, self.sequence, self.wall + since, self.wall + now, 0)
        try:
            self.sock.sendto(head + self.padding, self.to)
        except OSError as error:
            name = os.strerror(error.errno or 0)
            self.errors[name] = self.errors.get(name, 0) + 1
        self.keeper.sent(now - since, since)
        self.sequence += 1
        self.due = self.begin + int(self.sequence * self.interval)

    def read_stamps(self) -> None:
        """When packets came to the host's packet scheduler: later than `send` thought, if it was interrupted."""
        receive = self.sock.recvmsg
        while True:
            try:
                data, notes, _, _ = receive(512, 256, MSG_ERRQUEUE)
            except OSError:
                return
            stamp, at = stamp_of(notes, SO_TIMESTAMPING), data.find(MAGIC)
            if stamp and at >= 0 and len(data) >= at + HEAD.size:
                intended = HEAD.unpack_from(data, at)[4]
                self.stamped += 1
                self.keeper.left(stamp - intended, intended - self.wall)

    def read_echoes(self) -> None:
        receive = self.sock.recvmsg
        while True:
            try:
                data, notes, _, _ = receive(2048, 128)
            except BlockingIOError:
                return
            except OSError:
                continue
            if len(data) < HEAD.size or data[:4] != ECHO:
                continue
            _, run, _, _, intended, sent, turn = HEAD.unpack_from(data)
            if run == self.run:
                self.echoed.add(intended, sent, turn, stamp_of(notes, SO_TIMESTAMPNS))

    def report(self) -> dict[str, Any]:
        return {
            "type": "sent",
            "flow": self.flow,
            "count": self.sequence,
            "errors": self.errors,
            "stamped": self.stamped,
        }


class Receiver:
    """Everything that arrives at one address of the host."""

    def __init__(self, address: str, port: int, run: int, flows: dict[int, Received], *, echo: bool) -> None:
        self.run = run
        self.sock = opened(address, port)
        roomy(self.sock)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.flows = flows
        self.echo = echo

    def drain(self) -> None:
        receive, unpack = self.sock.recvmsg, HEAD.unpack_from
        while True:
            try:
                data, notes, _, peer = receive(2048, 128)
            except BlockingIOError:
                return
            except OSError:
                continue
            if len(data) < HEAD.size or data[:4] != MAGIC:
                continue
            arrived = stamp_of(notes, SO_TIMESTAMPNS)
            _, run, flow, sequence, intended, sent, _ = unpack(data)
            found = self.flows.get(flow)
            if run != self.run or found is None:
                continue
            if self.echo:
                self.answer(data, arrived, peer)
            found.add(sequence, intended, sent, arrived)

    def answer(self, data: bytes, arrived: int, peer: Any) -> None:
        """The same packet back, on the same 5-tuple, with the time it spent here."""
        turn = struct.pack("!Q", max(0, time.time_ns() - arrived))
        with contextlib.suppress(OSError):
            self.sock.sendto(ECHO + data[4 : HEAD.size - 8] + turn + data[HEAD.size :], peer)
