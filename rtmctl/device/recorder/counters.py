"""Packet counters of all interfaces of a namespace."""

from __future__ import annotations

import os

Counts = dict[str, list[int]]
"""interface to [rx packets, tx packets, rx bytes, tx bytes]"""


class Counters:
    """Made inside the namespace; /proc/net/dev read again and again through one descriptor."""

    def __init__(self) -> None:
        self._fd = os.open("/proc/thread-self/net/dev", os.O_RDONLY)
        self._last: Counts = {}

    def read(self) -> Counts:
        text = b""
        while part := os.pread(self._fd, 1 << 16, len(text)):
            text += part
        found: Counts = {}
        for line in text.decode().splitlines()[2:]:
            name, _, rest = line.rpartition(":")
            n = rest.split()
            found[name.strip()] = [int(n[1]), int(n[9]), int(n[0]), int(n[8])]
        self._last = found
        return found

    def changed(self) -> Counts:
        before = self._last
        return {name: counts for name, counts in self.read().items() if before.get(name) != counts}
