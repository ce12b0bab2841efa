"""What FRR's daemons say of themselves, asked for without a word of configuration.

The live log is what `terminal monitor` of vtysh shows (FRR 8.0 and newer, lib/zlog_live.h): the daemon hands a socket
over that carries each message with its time in ns and with the number of those that were lost; it never waits for us.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

RUN = "/run/frr"
LOGS = ("bgpd", "bfdd", "zebra")
REQUEST = (b"enable\0", b"terminal monitor\0")


class Log:
    """The live log of one daemon. `session` answers with `live`; when the daemon ends, both do."""

    def __init__(self, daemon: str) -> None:
        """Raises OSError when the daemon does not run."""
        self.daemon = daemon
        self.live: socket.socket | None = None
        self.session = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.session.setblocking(False)
        try:
            self.session.connect(os.path.join(RUN, f"{daemon}.vty"))
            self.session.send(b"".join(REQUEST))
        except OSError:
            self.session.close()
            raise

    def answered(self) -> bool:
        """Take the live socket if it has come. Raises OSError when the daemon hung up."""
        data, fds, _, _ = socket.recv_fds(self.session, 4096, 1)
        if not data:
            raise ConnectionResetError
        for fd in fds:
            self.live = socket.socket(fileno=fd)
            self.live.setblocking(False)
        return self.live is not None

    def close(self) -> None:
        self.session.close()
        if self.live is not None:
            self.live.close()


class Bfd:
    """bfdd's control socket (bfdd/bfdctl.h; FRR before 10), which tells of every change of a session."""

    HEADER = struct.Struct("!IHBB")
    VERSION, NOTIFY, ALL = 1, 4, (1 << 64) - 1

    def __init__(self) -> None:
        """Raises OSError when there is none."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        self._pending = b""
        try:
            self.sock.connect(os.path.join(RUN, "bfdd.sock"))
            self.sock.send(self.HEADER.pack(8, 1, self.NOTIFY, self.VERSION) + struct.pack("!Q", self.ALL))
        except OSError:
            self.sock.close()
            raise

    def read(self) -> list[Any]:
        """Notifications that are complete. Raises OSError when bfdd hung up."""
        data = self.sock.recv(1 << 16)
        if not data:
            raise ConnectionResetError
        self._pending += data
        found = []
        while len(self._pending) >= self.HEADER.size:
            end = self.HEADER.size + self.HEADER.unpack_from(self._pending)[0]
            if len(self._pending) < end:
                break
            found.append(json.loads(self._pending[self.HEADER.size : end]))
            self._pending = self._pending[end:]
        return found
