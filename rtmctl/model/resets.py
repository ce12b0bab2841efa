"""Which BGP sessions a change resets, and why.

What a speaker sends in OPEN (AS, identifier, capabilities, RFC 4271 §4.2, RFC 5492) or what the transport rests on
(addresses, TTL, password) cannot change under a running session. Policies, prefix lists and next-hop handling are
applied by route refresh (RFC 2918) and reset nothing; new hold and connect times wait for the next session.
"""

from dataclasses import dataclass

from rtmctl.model.types import BgpInstance, DeviceModel, EthernetPort, Neighbor


@dataclass(frozen=True, slots=True)
class SessionReset:
    vrf: str
    neighbor: str
    """`Neighbor.name`"""
    remote_device: str | None
    reasons: tuple[str, ...]


_INSTANCE = {"asn": "own AS", "router_id": "router id", "graceful_restart": "graceful restart capability"}
_NEIGHBOR = {
    "remote_asn": "remote AS",
    "local_asn": "local AS",
    "interface": "interface",
    "address": "address",
    "update_source": "update source",
    "multihop": "multihop TTL",
    "bfd_profile": "BFD",
}
_FAMILY = {"route_reflector_client": "route reflector client"}
_PORT = {"vrf": "VRF of the port", "addresses": "addresses of the port", "kind": "kind of the port"}


def session_resets(old: DeviceModel | None, new: DeviceModel | None) -> tuple[SessionReset, ...]:
    """Sessions of both or of the old model that go down, sorted by VRF and name; new sessions reset nothing.

    A changed MTU is named too: the port goes down for a moment on most hardware.
    """
    if old is None:
        return ()
    after = {instance.vrf: instance for instance in new.bgp} if new is not None else {}
    found = [
        reset
        for instance in old.bgp
        for neighbor in instance.neighbors
        if (reset := _reset(old, new, instance, after.get(instance.vrf), neighbor)) is not None
    ]
    return tuple(sorted(found, key=lambda reset: (reset.vrf != "default", reset.vrf, reset.neighbor)))


def _reset(
    old: DeviceModel, new: DeviceModel | None, before: BgpInstance, after: BgpInstance | None, neighbor: Neighbor
) -> SessionReset | None:
    same = next((n for n in after.neighbors if n.name == neighbor.name), None) if after is not None else None
    if new is None or after is None or same is None:
        reasons = ["the session is removed"]
    else:
        reasons = [f"{text} changes" for name, text in _INSTANCE.items() if _differs(before, after, name)]
        reasons += [f"{text} changes" for name, text in _NEIGHBOR.items() if _differs(neighbor, same, name)]
        if neighbor.password != same.password:
            reasons.append("password changes")
        reasons += _families(neighbor, same)
        reasons += _transport(old, new, neighbor)
    return SessionReset(before.vrf, neighbor.name, neighbor.remote_device, tuple(reasons)) if reasons else None


def _differs(before: object, after: object, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))


def _families(before: Neighbor, after: Neighbor) -> list[str]:
    was = {f.family: f for f in before.families}
    now = {f.family: f for f in after.families}
    reasons = [f"address family {family} is removed" for family in was if family not in now]
    reasons += [f"address family {family} is added" for family in now if family not in was]
    reasons += [
        f"{text} changes in {family}"
        for family, found in now.items()
        if family in was
        for name, text in _FAMILY.items()
        if _differs(was[family], found, name)
    ]
    return reasons


def _transport(old: DeviceModel, new: DeviceModel, neighbor: Neighbor) -> list[str]:
    """The port under the session, and the BFD timers it runs with."""
    reasons: list[str] = []
    was, now = _port(old, neighbor), _port(new, neighbor)
    if was is not None and now is not None:
        reasons += [f"{text} changes" for name, text in _PORT.items() if _differs(was, now, name)]
        if was.mtu != now.mtu:
            reasons.append(f"MTU of {now.name} changes")
    elif was is not None:
        reasons.append(f"port {was.name} is removed")
    if neighbor.update_source is not None:
        held = {i.ip for m in (new,) for loopback in m.loopbacks for i in loopback.addresses}
        if neighbor.update_source not in held:
            reasons.append("its source address is removed")
    return reasons


def _port(model: DeviceModel, neighbor: Neighbor) -> EthernetPort | None:
    for port in model.ports:
        if neighbor.interface is not None:
            if port.name == neighbor.interface:
                return port
        elif neighbor.address is not None and any(neighbor.address in i.network for i in port.addresses):
            return port
    return None
