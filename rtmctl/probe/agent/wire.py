"""What is on the wire: one head, on the way out and, echoed, on the way back."""

from __future__ import annotations

import socket
import struct

HEAD = struct.Struct("!4sIIQQQQ")
"""magic, run, flow, sequence number, intended send time, time of sending (both CLOCK_REALTIME, ns), turn-round (ns).
The run tells a late packet of an earlier probe from one of ours."""
MAGIC, ECHO = b"rtmP", b"rtmE"

SO_TIMESTAMPNS, SO_TIMESTAMPING, SO_RCVBUFFORCE, SO_MEMINFO = 35, 37, 33, 55
MSG_ERRQUEUE = 0x2000
TX_SCHED, SOFTWARE = 1 << 8, 1 << 4
"""SOF_TIMESTAMPING_*: linux/net_tstamp.h. The stamp of the packet scheduler, for a queue behind it is the network's;
the packet itself comes back with it, so that its head says which."""
TIMESPEC = struct.Struct("@qq")
MEMINFO_DROPS = 8
"""SK_MEMINFO_DROPS, in a row of u32"""
BUFFER = 8 << 20


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def headers_of(family: socket.AddressFamily) -> int:
    """Bytes of IP and UDP."""
    return (20 if family == socket.AF_INET else 40) + 8


def stamp_of(notes: list[tuple[int, int, bytes]], kind: int) -> int:
    """The kernel's time of a packet (CLOCK_REALTIME, ns); 0 where it gave none."""
    for level, name, body in notes:
        if level == socket.SOL_SOCKET and name == kind:
            times: tuple[int, int] = TIMESPEC.unpack_from(body)
            return times[0] * 1_000_000_000 + times[1]
    return 0
