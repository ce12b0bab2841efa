"""A VLAN-aware bridge becomes one bridge a VLAN, for a kernel without bridge vlan_filtering.

The bridge of a VLAN with an SVI takes the SVI's name and all it has, so that FRR sees the same interface names.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rtmctl.lab.substitute.ifupdown import Interfaces, Stanza, vids
from rtmctl.lab.substitute.types import Substitution

WHY = "this kernel has no bridge vlan_filtering"
_BRIDGE_ONLY = ("bridge-vlan-aware", "bridge-ports", "bridge-vids", "bridge-pvid", "bridge-access")
_PORT_ONLY = ("bridge-vids", "bridge-pvid", "bridge-access", "bridge-allow-untagged")
_SVI_ONLY = ("vlan-raw-device", "vlan-id")


@dataclass(frozen=True, slots=True)
class _Membership:
    """Which VLANs a port carries: `untagged` at most one, the others tagged."""

    untagged: int | None
    tagged: tuple[int, ...]


def split(interfaces: Interfaces) -> tuple[Interfaces, list[Substitution]]:
    """Replace every VLAN-aware bridge of the text."""
    done: list[Substitution] = []
    for bridge in interfaces.stanzas:
        if bridge.get("bridge-vlan-aware") == "yes":
            interfaces, more = _split_one(interfaces, bridge)
            done += more
    return interfaces, done


def _split_one(interfaces: Interfaces, bridge: Stanza) -> tuple[Interfaces, list[Substitution]]:
    ports = {name: _membership(interfaces.get(name), bridge) for name in bridge.words("bridge-ports") if name != "none"}
    svis = {_vid(s): s for s in interfaces.stanzas if s.get("vlan-raw-device") == bridge.name}
    numbers = sorted({*vids(bridge.words("bridge-vids")), *svis, *_all(ports.values())})
    made: dict[int, Stanza] = {}
    for vid in numbers:
        members = [name if port.untagged == vid else f"{name}.{vid}" for name, port in ports.items() if _has(port, vid)]
        made[vid] = _bridge(vid, svis.get(vid), bridge, members)
    out: list[Stanza] = []
    for stanza in interfaces.stanzas:
        if stanza.name == bridge.name:
            unseen = [made[vid] for vid in numbers if vid not in svis]
            out += unseen
        elif stanza.get("vlan-raw-device") == bridge.name:
            out.append(made[_vid(stanza)])
        elif stanza.name in ports:
            out.append(stanza.without(*_PORT_ONLY))
            out += [_subinterface(stanza, vid) for vid in ports[stanza.name].tagged]
        else:
            out.append(stanza)
    names = " ".join(made[vid].name for vid in numbers)
    record = Substitution(bridge.name, WHY, "one VLAN-aware bridge", f"one bridge a VLAN: {names}")
    return Interfaces(tuple(out)), [record]


def _membership(port: Stanza | None, bridge: Stanza) -> _Membership:
    """What ifupdown2 makes of the port's attributes; without any, the bridge's own (bridge-pvid, bridge-vids)."""
    if port is not None and (access := port.get("bridge-access")):
        return _Membership(int(access), ())
    own = port if port is not None and port.words("bridge-vids") else bridge
    native = (port.get("bridge-pvid") if port is not None else None) or bridge.get("bridge-pvid")
    if port is not None and port.get("bridge-allow-untagged") == "no":
        native = None
    untagged = int(native) if native else None
    return _Membership(untagged, tuple(v for v in vids(own.words("bridge-vids")) if v != untagged))


def _has(port: _Membership, vid: int) -> bool:
    return vid == port.untagged or vid in port.tagged


def _all(ports: Iterable[_Membership]) -> set[int]:
    return {vid for port in ports for vid in (*port.tagged, *([port.untagged] if port.untagged else []))}


def _vid(svi: Stanza) -> int:
    """An SVI's VLAN: its attribute, or the number its name ends with."""
    return int(svi.get("vlan-id") or svi.name.lstrip("abcdefghijklmnopqrstuvwxyz-_").rpartition(".")[2])


def _bridge(vid: int, svi: Stanza | None, bridge: Stanza, members: list[str]) -> Stanza:
    forwarding = ((n, v) for n, v in bridge.attributes if n == "hwaddress" or n.startswith("bridge-"))
    shared = tuple((n, v) for n, v in forwarding if n not in _BRIDGE_ONLY)
    base = svi.without(*_SVI_ONLY) if svi is not None else Stanza(f"{bridge.name}v{vid}", True, "", ())
    own = {name for name, _ in base.attributes}
    inherited = tuple((n, v) for n, v in shared if n not in own)
    return base.having(("bridge-ports", " ".join(members) or "none"), *inherited)


def _subinterface(port: Stanza, vid: int) -> Stanza:
    """A tagged VLAN of a trunk port, as a traditional bridge takes it."""
    mtu = tuple((n, v) for n, v in port.attributes if n == "mtu")
    return Stanza(f"{port.name}.{vid}", port.auto, "", (*mtu, ("vlan-raw-device", port.name), ("vlan-id", str(vid))))
