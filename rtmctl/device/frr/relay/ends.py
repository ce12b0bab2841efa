"""The two ends of the relay: an SVI with its hosts, a VRF with its servers."""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address, IPv6Address

from . import dhcp4, dhcp6
from .dropped import Dropped
from .lines import Relay
from .vrfs import Place, inside, place, udp

_ETHERTYPE_IPV4 = 0x0800
_PORTS = {4: dhcp4.SERVER_PORT, 6: dhcp6.SERVER_PORT}


class End:
    """A socket that is opened anew when its interface is another one, and waits for one that is not there yet."""

    def __init__(self, vrf: str, interface: str | None) -> None:
        self.vrf, self.interface = vrf, interface
        self.socket: socket.socket | None = None
        self.place: Place | None = None

    def look(self) -> bool:
        """Open or close what has come or gone; whether anything has."""
        now = place(self.vrf, self.interface)
        if self.socket is not None and now == self.place:
            return False
        was = self.socket is not None
        self.close()
        if now is None:
            return was
        try:
            self.open()
        except OSError:  # an address that is not there yet: the next look tries again
            self.close()
            return was
        self.place = now
        return True

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None


class Servers(End):
    """All servers of a VRF, of one IP version; hears what comes to the leaf's own loopback."""

    def __init__(self, vrf: str, source: str, version: int) -> None:
        super().__init__(vrf, None)
        self.source, self.version = source, version

    def open(self) -> None:
        self.socket = udp(self.vrf, None, self.source, _PORTS[self.version], self.version)

    def send(self, message: bytes, servers: tuple[str, ...]) -> None:
        if self.socket is None:
            raise Dropped("the VRF's loopback is not there")
        for server in servers:
            try:
                self.socket.sendto(message, (server, _PORTS[self.version]))
            except OSError as error:
                raise Dropped(f"to a server: {error.strerror}") from None


class Hosts(End):
    """The hosts behind one SVI."""

    def __init__(self, relay: Relay) -> None:
        super().__init__(relay.vrf, relay.interface)
        self.relay = relay
        self.requests = self.replies = 0
        self.dropped: dict[str, int] = {}

    def request(self, message: bytes, sender: tuple[str, ...]) -> bytes:
        """What the servers get for what a host sent. Raises Dropped."""
        raise NotImplementedError

    def reply(self, answer: dhcp4.Answer | dhcp6.Answer) -> None:
        """To a host, of this end's own IP version. Raises OSError."""
        raise NotImplementedError


class Hosts4(Hosts):
    frames: socket.socket | None = None
    """for answers: a host without an address answers no ARP, so that UDP would not find it"""

    def open(self) -> None:
        with inside(self.vrf):
            self.frames = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.socket = udp(self.vrf, self.relay.interface, "", dhcp4.SERVER_PORT, 4)

    def close(self) -> None:
        super().close()
        if self.frames is not None:
            self.frames.close()
        self.frames = None

    def request(self, message: bytes, sender: tuple[str, ...]) -> bytes:
        relay = self.relay
        return dhcp4.to_server(message, relay.interface, IPv4Address(relay.link), IPv4Address(relay.source))

    def reply(self, answer: dhcp4.Answer | dhcp6.Answer) -> None:
        if self.frames is not None and isinstance(answer, dhcp4.Answer):
            packet = dhcp4.datagram(IPv4Address(self.relay.link), answer)
            self.frames.sendto(packet, (self.relay.interface, _ETHERTYPE_IPV4, 0, 0, answer.mac))


class Hosts6(Hosts):
    def open(self) -> None:
        self.socket = udp(self.vrf, self.relay.interface, "", dhcp6.SERVER_PORT, 6)
        with inside(self.vrf):
            index = socket.if_nametoindex(self.relay.interface)
        group = socket.inet_pton(socket.AF_INET6, dhcp6.ALL_RELAYS_AND_SERVERS) + struct.pack("@I", index)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)

    def request(self, message: bytes, sender: tuple[str, ...]) -> bytes:
        peer = IPv6Address(sender[0].partition("%")[0])
        return dhcp6.to_server(message, self.relay.interface, IPv6Address(self.relay.link), peer)

    def reply(self, answer: dhcp4.Answer | dhcp6.Answer) -> None:
        if self.socket is not None and self.place is not None and isinstance(answer, dhcp6.Answer):
            self.socket.sendto(answer.message, (str(answer.address), dhcp6.CLIENT_PORT, 0, self.place[1]))
