"""NAPALM driver for a Linux switch with FRR: `napalm.get_network_driver("frr")`.

The candidate is one sectioned text (`DeviceConfig.to_text()`: frr, interfaces, nftables, sysctl, lldpd, dhcp-relay);
text without a section mark is taken as frr.conf. A replace replaces the sections it names; others stay as they are.
Every commit is armed on the device itself: `commit_config(revert_in=N)` undoes itself after N seconds without
`confirm_commit()`, also when the connection, this program or the device dies.

optional_args: port, key_file, use_keys, passphrase, allow_agent, ssh_known_hosts_file, ssh_strict (True),
sock, dial (callable(host, port) that returns a connected socket).
"""

import difflib
import json
import socket
import uuid
from pathlib import Path
from typing import Any

from napalm.base import NetworkDriver, models
from napalm.base import constants as c
from napalm.base import exceptions as napalm

from rtmctl.device.frr.agent.record import PENDING
from rtmctl.device.frr.client import AgentClient
from rtmctl.device.frr.getters import bgp, interfaces, neighbors, probes, routes, system
from rtmctl.device.frr.state import read_state
from rtmctl.model.config import DeviceConfig

GUARD_S = 600
"""revert timer of a commit that is confirmed at once"""
CHANGE_S = 300.0


class FrrDriver(NetworkDriver):
    """One device. Getters return exactly NAPALM's documented models; -1 stands for what Linux or FRR do not count."""

    platform = "frr"

    def __init__(
        self,
        hostname: str,
        username: str,
        password: str,
        timeout: int = 60,
        optional_args: dict[str, Any] | None = None,
    ) -> None:
        self.hostname = hostname
        self.username = username
        self.password = password
        self.timeout = timeout
        self._agent = AgentClient(hostname, username, password, timeout, optional_args or {})
        self._candidate: tuple[str, bool] | None = None
        self._holder = f"napalm {username} on {socket.gethostname()}"

    def open(self) -> None:
        self._agent.open()

    def close(self) -> None:
        self._agent.close()

    def is_alive(self) -> models.AliveDict:
        return {"is_alive": self._agent.alive}

    # configuration

    def load_replace_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        self._load(filename, config, merge=False, error=napalm.ReplaceConfigException)

    def load_merge_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        self._load(filename, config, merge=True, error=napalm.MergeConfigException)

    def _load(self, filename: str | None, config: str | None, merge: bool, error: type[Exception]) -> None:
        text = Path(filename).read_text() if filename else (config or "")
        try:
            DeviceConfig.from_text(text)
        except ValueError:
            text = DeviceConfig.of({"frr": text if text.endswith("\n") else text + "\n"}).to_text()
        try:
            self._agent.request("check", text=text, merge=merge)
        except napalm.CommandErrorException as problem:
            raise error(str(problem)) from None
        self._candidate = (text, merge)

    def compare_config(self) -> str:
        """A unified diff by section; empty when there is nothing to do."""
        if self._candidate is None:
            return ""
        text, merge = self._candidate
        wanted = self._agent.request("check", text=text, merge=merge)["sections"]
        running = self._agent.request("running")["sections"]
        lines: list[str] = []
        for name, section in wanted.items():
            old, new = running[name].splitlines(), section.splitlines()
            lines += difflib.unified_diff(old, new, f"running/{name}", f"candidate/{name}", lineterm="", n=3)
        return "\n".join(lines)

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        if self._candidate is None:
            raise napalm.CommitError(f"{self.hostname}: no candidate is loaded")
        if self.has_pending_commit():
            raise napalm.CommitError(f"{self.hostname}: a commit waits for its confirmation")
        if revert_in is not None and revert_in <= 0:
            raise napalm.CommitError(f"{self.hostname}: revert_in needs seconds above 0")
        text, merge = self._candidate
        transaction = f"napalm-{uuid.uuid4().hex[:12]}"
        try:
            fence = self._lease(message, (revert_in or 0) + GUARD_S)
            self._agent.request("stage", transaction=transaction, fence=fence, text=text, merge=merge)
            pre_hash = self._agent.request("running")["hash"]
            self._agent.request(
                "commit",
                CHANGE_S,
                transaction=transaction,
                fence=fence,
                pre_hash=pre_hash,
                revert_in_s=revert_in or GUARD_S,
            )
            self._candidate = None
            if revert_in is None:
                self._agent.request("confirm", transaction=transaction, fence=fence)
                self._agent.request("release", fence=fence)
        except napalm.CommandErrorException as problem:
            raise napalm.CommitError(str(problem)) from None

    def _lease(self, purpose: str, ttl_s: int) -> int:
        answer = self._agent.request("lease", holder=self._holder, ttl_s=ttl_s, purpose=purpose or "napalm")
        return int(answer["lease"]["fence"])

    def has_pending_commit(self) -> bool:
        return self._agent.request("status")["state"] in PENDING

    def confirm_commit(self) -> None:
        status = self._agent.request("status")
        if status["state"] not in PENDING:
            raise napalm.CommitConfirmException(f"{self.hostname}: no commit waits for its confirmation")
        try:
            fence = self._lease("confirm", GUARD_S)
            self._agent.request("confirm", transaction=status["transaction"], fence=fence)
            self._agent.request("release", fence=fence)
        except napalm.CommandErrorException as problem:
            raise napalm.CommitConfirmException(str(problem)) from None

    def discard_config(self) -> None:
        self._candidate = None

    def rollback(self) -> None:
        """Undo the pending commit, or else the last confirmed one. Nothing to undo is no error."""
        status = self._agent.request("status")
        if status["state"] not in (*PENDING, "confirmed", "broken"):
            return
        fence = self._lease("rollback", GUARD_S)
        try:
            self._agent.request("revert", CHANGE_S, transaction=status["transaction"], fence=fence)
        except napalm.CommandErrorException as problem:
            raise napalm.CommitError(str(problem)) from None
        finally:
            self._agent.request("release", fence=fence)

    def get_config(
        self,
        retrieve: str = "all",
        full: bool = False,
        sanitized: bool = False,
        format: str = "text",  # noqa: A002 - the name is NAPALM's
    ) -> models.ConfigDict:
        """Sectioned texts in normal form; passwords are always keyed hashes."""
        found: models.ConfigDict = {"running": "", "startup": "", "candidate": ""}
        if retrieve in ("all", "running"):
            found["running"] = self._text(self._agent.request("running"))
        if retrieve in ("all", "startup"):
            found["startup"] = self._text(self._agent.request("startup"))
        if retrieve in ("all", "candidate") and self._candidate is not None:
            text, merge = self._candidate
            found["candidate"] = self._text(self._agent.request("check", text=text, merge=merge))
        return found

    @staticmethod
    def _text(answer: dict[str, Any]) -> str:
        return DeviceConfig.of(answer["sections"]).to_text()

    # getters

    def _state(self) -> dict[str, Any]:
        return self._agent.request("state")

    def get_facts(self) -> models.FactsDict:
        names = [name for name, _ in interfaces.links(self._state())]
        return system.facts(self._agent.request("system"), self._agent.request("hello")["frr"], names)

    def get_interfaces(self) -> dict[str, models.InterfaceDict]:
        return interfaces.interfaces(self._state(), self._agent.request("system"))

    def get_interfaces_ip(self) -> dict[str, models.InterfacesIPDict]:
        return interfaces.interfaces_ip(self._state())

    def get_interfaces_counters(self) -> dict[str, models.InterfaceCounterDict]:
        return interfaces.counters(self._state())

    def get_vlans(self) -> dict[str, models.VlanDict]:
        return interfaces.vlans(self._state())

    def get_lldp_neighbors(self) -> dict[str, list[models.LLDPNeighborDict]]:
        return neighbors.lldp(self._state())

    def get_lldp_neighbors_detail(self, interface: str = "") -> dict[str, list[models.LLDPNeighborDetailDict]]:
        found = neighbors.lldp_detail(self._state())
        return {name: entries for name, entries in found.items() if interface in ("", name)}

    def get_arp_table(self, vrf: str = "") -> list[models.ARPTableDict]:
        return neighbors.arp(read_state(self._state()), vrf)

    def get_ipv6_neighbors_table(self) -> list[models.IPV6NeighborDict]:
        return neighbors.ipv6_neighbors(self._state())

    def get_mac_address_table(self) -> list[models.MACAdressTable]:
        return neighbors.macs(read_state(self._state()))

    def get_bgp_neighbors(self) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
        return bgp.neighbors(self._state())

    def get_bgp_neighbors_detail(
        self, neighbor_address: str = ""
    ) -> dict[str, dict[int, list[models.PeerDetailsDict]]]:
        frr = self._agent.request("running")["sections"]["frr"]
        return bgp.neighbors_detail(self._state(), neighbor_address, bgp.uses_multipath(frr))

    def get_route_to(
        self, destination: str = "", protocol: str = "", longer: bool = False
    ) -> dict[str, list[models.RouteDict]]:
        """Routes of all VRFs; `routing_table` tells them apart."""
        state = self._state()
        family = "ipv6" if ":" in destination else "ip"
        found: dict[str, list[models.RouteDict]] = {}
        for vrf in ["default", *routes.vrf_names(state)]:
            more = " longer-prefixes" if longer and destination else ""
            table = self._json(f"show {family} route vrf {vrf} {destination}".strip() + more + " json")
            attributes = {
                prefix: routes.bgp_attributes(
                    self._json(f"show bgp vrf {vrf} ipv{6 if ':' in prefix else 4} unicast {prefix} json"), 0
                )
                for prefix, entries in table.items()
                if any(entry.get("protocol") == "bgp" for entry in entries)
            }
            local_as = next(
                (int(p["localAs"]) for v, peers in bgp.instances(state) if v == vrf for p in peers.values()), 0
            )
            for values in attributes.values():
                values["local_as"] = local_as
            for prefix, entries in routes.routes(table, vrf, protocol, attributes).items():
                found.setdefault(prefix, []).extend(entries)
        return found

    def _json(self, command: str) -> dict[str, Any]:
        output = str(self._agent.request("show", command=command)["output"]).strip()
        try:
            table = json.loads(output or "{}")
        except ValueError:
            return {}
        return table if isinstance(table, dict) else {}

    def get_network_instances(self, name: str = "") -> dict[str, models.NetworkInstanceDict]:
        state = self._state()
        members = [(link.name, link.vrf) for link in read_state(state).links]
        frr = self._agent.request("running")["sections"]["frr"]
        found = routes.network_instances(state, members, frr)
        return {key: value for key, value in found.items() if name in ("", key)}

    def get_environment(self) -> models.EnvironmentDict:
        before = self._agent.request("system")
        return system.environment(before, self._agent.request("system"))

    def get_users(self) -> dict[str, models.UsersDict]:
        return system.users(self._agent.request("system"))

    def get_ntp_servers(self) -> dict[str, dict[str, Any]]:
        return system.ntp_servers(self._agent.request("system"))

    def get_ntp_peers(self) -> dict[str, models.NTPPeerDict]:
        return system.ntp_peers(self._agent.request("system"))

    def get_ntp_stats(self) -> list[models.NTPStats]:
        return system.ntp_stats(self._agent.request("system"))

    def get_snmp_information(self) -> models.SNMPDict:
        return system.snmp(self._agent.request("system"))

    def ping(
        self,
        destination: str,
        source: str = c.PING_SOURCE,
        ttl: int = c.PING_TTL,
        timeout: int = c.PING_TIMEOUT,
        size: int = c.PING_SIZE,
        count: int = c.PING_COUNT,
        vrf: str = c.PING_VRF,
        source_interface: str = c.PING_SOURCE_INTERFACE,
    ) -> models.PingResultDict:
        """`size` is the payload in bytes."""
        limit = count * (timeout + 1) + 30
        arguments = {
            "source": source or source_interface,
            "ttl": ttl,
            "timeout_s": timeout,
            "size": size,
            "count": count,
        }
        try:
            return probes.ping(self._agent.request("ping", limit, target=destination, vrf=vrf, **arguments))
        except napalm.CommandErrorException as error:
            return {"error": str(error)}

    def traceroute(
        self,
        destination: str,
        source: str = c.TRACEROUTE_SOURCE,
        ttl: int = c.TRACEROUTE_TTL,
        timeout: int = c.TRACEROUTE_TIMEOUT,
        vrf: str = c.TRACEROUTE_VRF,
    ) -> models.TracerouteResultDict:
        arguments = {"source": source, "ttl": ttl, "timeout_s": timeout}
        try:
            answer = self._agent.request("traceroute", ttl * timeout + 30, target=destination, vrf=vrf, **arguments)
        except napalm.CommandErrorException as error:
            return {"error": str(error)}
        return probes.traceroute(answer)

    def cli(self, commands: list[str], encoding: str = "text") -> dict[str, str]:
        """`show` commands of vtysh; anything else is refused."""
        if encoding != "text":
            raise NotImplementedError(f"{encoding} is not a supported encoding")
        return {command: str(self._agent.request("show", command=command)["output"]) for command in commands}
