"""Sockets inside a VRF, be it a device or a network namespace (zebra -n)."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

NAMESPACES = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
Place = tuple[int, int]
"""inode of the namespace (0: none), index of the interface: another one is another interface of the same name"""


def _namespace(vrf: str) -> Path | None:
    path = NAMESPACES / vrf
    return path if path.exists() else None


@contextlib.contextmanager
def inside(vrf: str) -> Iterator[None]:
    """What is opened here is opened in the VRF's namespace; where VRFs are devices, nothing changes."""
    path = _namespace(vrf)
    if path is None:
        yield
        return
    import ctypes  # noqa: PLC0415 - os.setns came with Python 3.12

    libc = ctypes.CDLL(None, use_errno=True)

    def enter(namespace: Path) -> None:
        fd = os.open(namespace, os.O_RDONLY)
        try:
            if libc.setns(fd, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {namespace}")
        finally:
            os.close(fd)

    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        enter(path)
        try:
            yield
        finally:
            enter(Path(f"/proc/self/fd/{home}"))
    finally:
        os.close(home)


def place(vrf: str, interface: str | None) -> Place | None:
    """Where an SVI is, or with None the VRF itself; None while there is none."""
    path = _namespace(vrf)
    try:
        with inside(vrf):
            if interface is not None:
                return (path.stat().st_ino if path else 0, socket.if_nametoindex(interface))
            return (path.stat().st_ino, 0) if path else (0, socket.if_nametoindex(vrf))
    except OSError:
        return None


def udp(vrf: str, interface: str | None, address: str, port: int, version: int) -> socket.socket:
    """A bound, non-blocking UDP socket that hears one interface, or with None the whole VRF. Raises OSError."""
    device = interface if interface is not None or _namespace(vrf) else vrf
    with inside(vrf):
        made = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if version == 6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if device is not None:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            made.bind((address, port))
        except OSError:
            made.close()
            raise
    made.setblocking(False)
    return made
