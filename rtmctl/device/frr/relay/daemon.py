"""The relay at work: messages from hosts to servers and back, counted."""

from __future__ import annotations

import json
import os
import selectors
import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from . import dhcp4, dhcp6
from .dropped import Dropped
from .ends import Hosts, Hosts4, Hosts6, Servers
from .lines import Relay

LOOK_S = 1.0
"""between two looks at the interfaces: how long a new SVI may wait for its relay"""
_LONGEST = 65535


class Daemon:
    """Knows nothing of processes and signals. `report` gets `state()` whenever it has changed."""

    def __init__(self, relays: Iterable[Relay], report: Callable[[dict[str, Any]], None]) -> None:
        self.report = report
        self.hosts: dict[tuple[str, int, str], Hosts4 | Hosts6] = {}
        self.servers: dict[tuple[str, int], Servers] = {}
        self.unasked: dict[str, int] = {}
        """reason to number of replies that belong to no SVI"""
        for relay in relays:
            version = relay.version
            self.hosts[relay.vrf, version, relay.interface] = Hosts4(relay) if version == 4 else Hosts6(relay)
            self.servers.setdefault((relay.vrf, version), Servers(relay.vrf, relay.source, version))
        self.selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Until an exception ends it."""
        told: dict[str, Any] = {}
        next_look = 0.0
        while True:
            if time.monotonic() >= next_look:
                self.look()
                next_look = time.monotonic() + LOOK_S
                if (now := self.state()) != told:
                    self.report(now)
                    told = now
            for key, _ in self.selector.select(max(0.0, next_look - time.monotonic())):
                self.read(key.data)

    def look(self) -> None:
        """Open what has come, close what has gone."""
        ends = (*self.servers.values(), *self.hosts.values())
        if sum(end.look() for end in ends):
            self.selector.close()
            self.selector = selectors.DefaultSelector()
            for end in ends:
                if end.socket is not None:
                    self.selector.register(end.socket, selectors.EVENT_READ, end)

    def read(self, end: Servers | Hosts) -> None:
        if end.socket is None:
            return
        try:
            message, sender = end.socket.recvfrom(_LONGEST)
        except OSError:  # an ICMP error of an earlier message, or an interface that has just gone
            return
        if isinstance(end, Servers):
            self.reply(end, message)
            return
        try:
            self.servers[end.vrf, end.relay.version].send(end.request(message, sender), end.relay.servers)
            end.requests += 1
        except Dropped as why:
            end.dropped[str(why)] = end.dropped.get(str(why), 0) + 1

    def reply(self, end: Servers, message: bytes) -> None:
        dropped = self.unasked
        try:
            answer: dhcp4.Answer | dhcp6.Answer
            answer = dhcp4.to_client(message, IPv4Address(end.source)) if end.version == 4 else dhcp6.to_client(message)
            hosts = self.hosts.get((end.vrf, end.version, answer.interface))
            if hosts is None:
                raise Dropped("a reply for an interface without relay")
            dropped = hosts.dropped
            try:
                hosts.reply(answer)
            except OSError as error:
                raise Dropped(f"to a host: {error.strerror}") from None
            hosts.replies += 1
        except Dropped as why:
            dropped[str(why)] = dropped.get(str(why), 0) + 1

    def state(self) -> dict[str, Any]:
        """What it does, for the agent: a relay listens when both its ends are open."""
        relays = [
            {
                "interface": hosts.relay.interface,
                "vrf": hosts.vrf,
                "source": hosts.relay.source,
                "servers": list(hosts.relay.servers),
                "listening": hosts.socket is not None and self.servers[hosts.vrf, version].socket is not None,
                "requests": hosts.requests,
                "replies": hosts.replies,
                "dropped": dict(hosts.dropped),
            }
            for (_, version, _), hosts in self.hosts.items()
        ]
        return {"relays": relays, "unasked": dict(self.unasked)}


def write_state(path: Path, text: str, state: dict[str, Any]) -> None:
    """`text`: the file that it serves."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"pid": os.getpid(), "file": text, **state}))
    new.replace(path)
