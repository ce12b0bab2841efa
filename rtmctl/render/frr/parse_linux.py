"""The `interfaces` section read back: ports, loopbacks, VLANs, SVIs, and the notes."""

from dataclasses import dataclass
from ipaddress import ip_interface

from rtmctl.base.net import Interface
from rtmctl.model.types import DEFAULT_VRF, EthernetPort, Loopback, PortKind, Svi, Vlan
from rtmctl.render.frr.linux import BRIDGE
from rtmctl.render.frr.notes import Note
from rtmctl.render.frr.stanzas import Stanza, read_stanzas

KNOWN = (
    "address",
    "alias",
    "arp-accept",
    "bridge-access",
    "bridge-allow-untagged",
    "bridge-arp-nd-suppress",
    "bridge-learning",
    "bridge-ports",
    "bridge-pvid",
    "bridge-stp",
    "bridge-vids",
    "bridge-vlan-aware",
    "hwaddress",
    "ipv6-addrgen",
    "mtu",
    "vlan-id",
    "vlan-raw-device",
    "vrf",
    "vrf-table",
    "vxlan-id",
    "vxlan-learning",
    "vxlan-local-tunnelip",
)


@dataclass(frozen=True, slots=True)
class LinuxPart:
    device: Note
    notes: tuple[Note, ...]
    ports: tuple[EthernetPort, ...]
    loopbacks: tuple[Loopback, ...]
    vlans: tuple[Vlan, ...]
    svis: tuple[Svi, ...]
    """router advertisements are FRR's, relays a section of their own: neither is here"""


def read_interfaces(text: str) -> LinuxPart:
    """Raises ValueError naming the line."""
    notes, stanzas = read_stanzas(text, KNOWN)
    device = next((note for note in notes if note.kind == "device"), None)
    if device is None:
        raise ValueError("interfaces:1: no note of kind 'device': not written by rtmctl")
    reader = _Reader(notes, {stanza.name: stanza for stanza in stanzas})
    return LinuxPart(device, tuple(notes), reader.ports(), reader.loopbacks(), reader.vlans(), reader.svis())


class _Reader:
    def __init__(self, notes: list[Note], stanzas: dict[str, Stanza]) -> None:
        self.stanzas = stanzas
        self.names = {_int(n.by_key, "vid"): n.by_key.get("name", "") for n in notes if n.kind == "vlan"}
        self.bridges = {
            name: stanza.need("bridge-ports").split()
            for name, stanza in stanzas.items()
            if stanza.get("bridge-ports") is not None
        }
        self.vnis = {
            name: integer(stanza, "vxlan-id") for name, stanza in stanzas.items() if stanza.get("vxlan-id") is not None
        }

    @property
    def aware(self) -> bool:
        return BRIDGE in self.stanzas

    def ports(self) -> tuple[EthernetPort, ...]:
        return tuple(self._port(s) for s in self.stanzas.values() if s.note is not None and s.note.kind == "port")

    def _port(self, stanza: Stanza) -> EthernetPort:
        note = stanza.note.by_key if stanza.note is not None else {}
        try:
            kind = PortKind(note.get("kind", ""))
        except ValueError:
            raise ValueError(f"interfaces:{stanza.number}: {stanza.name}: port of unknown kind") from None
        untagged, tagged = self._vlans_of(stanza)
        return EthernetPort(
            name=stanza.name,
            kind=kind,
            description=stanza.get("alias") or "",
            mtu=integer(stanza, "mtu"),
            addresses=addresses(stanza),
            vrf=stanza.get("vrf") or DEFAULT_VRF,
            untagged_vlan=untagged,
            tagged_vlans=tagged,
            peer_device=note.get("peer-device"),
            peer_port=note.get("peer-port"),
        )

    def _vlans_of(self, stanza: Stanza) -> tuple[int | None, tuple[int, ...]]:
        if self.aware:
            key = "bridge-access" if stanza.get("bridge-access") is not None else "bridge-pvid"
            untagged = integer(stanza, key) if stanza.get(key) is not None else None
            return untagged, tuple(int(vid) for vid in (stanza.get("bridge-vids") or "").split())
        untagged = next((_vid(name) for name, ports in self.bridges.items() if stanza.name in ports), None)
        prefix = f"{stanza.name}."
        tagged = (int(name[len(prefix) :]) for name in self.stanzas if name.startswith(prefix))
        return untagged, tuple(tagged)

    def loopbacks(self) -> tuple[Loopback, ...]:
        found = []
        for stanza in self.stanzas.values():
            if stanza.name == "lo" or stanza.get("vrf-table") is not None:
                vrf = DEFAULT_VRF if stanza.name == "lo" else stanza.name
                if own := addresses(stanza):
                    found.append(Loopback(stanza.name, vrf, own))
        return tuple(found)

    def vlans(self) -> tuple[Vlan, ...]:
        if self.aware:
            vids = [int(vid) for vid in (self.stanzas[BRIDGE].get("bridge-vids") or "").split()]
            by_vid = {integer(self.stanzas[name], "bridge-access"): vni for name, vni in self.vnis.items()}
        else:
            vids = [_vid(name) for name in self.bridges]
            by_vid = {
                _vid(bridge): self.vnis[port]
                for bridge, ports in self.bridges.items()
                for port in ports
                if port in self.vnis
            }
        return tuple(Vlan(vid, self.names.get(vid, ""), by_vid.get(vid)) for vid in vids)

    def svis(self) -> tuple[Svi, ...]:
        return tuple(
            self._svi(stanza)
            for name, stanza in self.stanzas.items()
            if stanza.get("vlan-id") is not None or (name in self.bridges and name != BRIDGE and stanza.get("mtu"))
        )

    def _svi(self, stanza: Stanza) -> Svi:
        anycast = stanza.get("arp-accept") is not None
        return Svi(
            name=stanza.name,
            vid=_vid(stanza.name),
            vrf=stanza.get("vrf") or DEFAULT_VRF,
            mtu=integer(stanza, "mtu"),
            addresses=addresses(stanza),
            anycast_mac=stanza.need("hwaddress") if anycast else None,
        )


def _vid(name: str) -> int:
    """Raises ValueError when the name is not vlanN."""
    if not name.startswith("vlan") or not name[4:].isdecimal():
        raise ValueError(f"interfaces: {name!r} is not called after its VLAN")
    return int(name[4:])


def _int(values: object, key: str) -> int:
    text = values.get(key, "") if isinstance(values, dict) else ""
    if not text.isdecimal():
        raise ValueError(f"interfaces: a note without a number {key!r}")
    return int(text)


def integer(stanza: Stanza, key: str) -> int:
    """Raises ValueError naming the line."""
    text = stanza.need(key)
    if not text.isdecimal():
        raise ValueError(f"interfaces:{stanza.number_of(key)}: {key} is no number: {text!r}")
    return int(text)


def addresses(stanza: Stanza) -> tuple[Interface, ...]:
    """Raises ValueError naming the line."""
    found = []
    for key, value, number in stanza.attributes:
        if key == "address":
            try:
                found.append(ip_interface(value))
            except ValueError as error:
                raise ValueError(f"interfaces:{number}: {error}") from None
    return tuple(found)
