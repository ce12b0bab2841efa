"""Management access: TCP connections into a lab's management network without any route from this machine.

The lab's first process makes a socket inside that network and passes it over; connecting it is then the caller's,
with his own timeout. Works the same for root and rootless; asyncssh and paramiko take the socket as `sock=`.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from rtmctl.lab import anchor
from rtmctl.lab.layout import LabFolder


@dataclass(frozen=True, slots=True)
class Gate:
    folder: LabFolder

    def connect(self, address: str, port: int, timeout_s: float = 10.0) -> socket.socket:
        """A connected TCP socket, blocking, without a timeout of its own.

        Raises:
            TemporaryError: the lab does not run.
            OSError: the address does not answer.
        """
        (descriptor,) = anchor.request(self.folder, op="socket", family=ip_address(address).version).descriptors
        connection = socket.socket(fileno=descriptor)
        try:
            connection.settimeout(timeout_s)
            connection.connect((address, port))
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            connection.close()
            raise
        return connection
