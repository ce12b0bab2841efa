"""Faults of what switches tell each other: a session reset, a wrong route, a prefix announced by the wrong switch."""

from ipaddress import ip_network

from rtmctl.base import Exit, PermanentError
from rtmctl.device.injection import Argument, Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen, shown
from rtmctl.drill.faults.switches import SWITCH
from rtmctl.drill.faults.targets import find_switch
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings
from rtmctl.fabric.types import Device, Fabric
from rtmctl.intent.names import suggest
from rtmctl.model.types import DEFAULT_VRF, DeviceModel

VRF = Option("vrf", DEFAULT_VRF, "the VRF in which it happens: a tenant, or the underlay's 'default'")


def _reset(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    """The data plane loses a session's routes at both ends at once, as when a link goes."""
    fabric, peer = around.fabric, chosen.text("peer")
    switch = find_switch(fabric, target).name
    links = fabric.links_of(switch)
    peers: tuple[str, ...] = ()
    if peer:
        links = tuple(link for link in links if link.far(switch).device == peer)
        if not links:
            near = suggest(peer, (link.far(switch).device for link in fabric.links_of(switch)))
            raise PermanentError(f"{switch} has no session with {shown(peer)}", hint=near, exit=Exit.USAGE)
        sessions = next(bgp.neighbors for bgp in around.models[switch].bgp if bgp.vrf == DEFAULT_VRF)
        peers = tuple(session.name for session in sessions if session.remote_device == peer)
    return FaultPlan(
        fault=fault,
        target=switch,
        said=f"BGP of {switch} reset toward {peer or 'every neighbour of the underlay'}",
        injections=(Injection(switch, "bgp-reset", {"peers": peers, "vrf": DEFAULT_VRF}),),
        removed=Removed(links=frozenset(link.identity for link in links)),
        detection=Detection.CARRIER,
        momentary=True,
    )


def _wrong_route(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    fabric = around.fabric
    switch = find_switch(fabric, target)
    vrf = _vrf(around.models[switch.name], chosen.text("vrf"))
    victim, prefix = _victim(fabric, switch, chosen.text("to"), vrf)
    link = next(
        (link for link in fabric.links_of(switch.name) if victim and link.far(switch.name).device == victim), None
    )
    # what a spine sends wrong is what crosses its link to the leaf; what a leaf sends wrong, any of its flows may be
    removed = Removed(links=frozenset({link.identity})) if link else Removed(devices=frozenset({switch.name}))
    arguments: dict[str, Argument] = {"prefixes": (prefix,), "vrf": vrf}
    return FaultPlan(
        fault=fault,
        target=switch.name,
        said=f"{switch.name} drops what it should route to {prefix}{f' ({victim})' if victim else ''}, {_where(vrf)}",
        injections=(Injection(switch.name, "wrong-route", arguments),),
        removed=removed,
        detection=Detection.ENDURED,
    )


def _leaked(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    """Policies are to stop it, so nothing is to be lost; if they do not, the rightful owner's traffic is."""
    fabric = around.fabric
    switch = find_switch(fabric, target)
    vrf = _vrf(around.models[switch.name], chosen.text("vrf"))
    victim, prefix = _victim(fabric, switch, chosen.text("of"), vrf)
    arguments: dict[str, Argument] = {"prefixes": (prefix,), "vrf": vrf}
    return FaultPlan(
        fault=fault,
        target=switch.name,
        said=f"{switch.name} announces {prefix}{f' of {victim}' if victim else ''}, {_where(vrf)}",
        injections=(Injection(switch.name, "leaked-prefix", arguments),),
        removed=Removed(devices=frozenset({victim or switch.name})),
        detection=Detection.NONE,
    )


def _victim(fabric: Fabric, switch: Device, said: str, vrf: str) -> tuple[str, str]:
    """Whose prefix it is, and the prefix. Nothing said: the VTEP of a leaf that is not this switch's partner.

    Raises:
        PermanentError: it is no prefix and no leaf with a VTEP; or this switch's own.
    """
    leafs = {device.name: device.vtep for device in fabric.devices if device.vtep and device.name != switch.name}
    if not said:
        far = [name for name in leafs if name != switch.pair] or list(leafs)
        if vrf != DEFAULT_VRF or not far:
            raise PermanentError("which prefix has to be said", hint="as ADDRESS/LENGTH", exit=Exit.USAGE)
        said = far[-1]
    if said in leafs:
        return said, f"{leafs[said]}/32"
    try:
        network = ip_network(said)
    except ValueError:
        why = "is this switch itself" if said == switch.name else "is no prefix and no other leaf"
        raise PermanentError(f"{shown(said)} {why}", hint=suggest(said, leafs), exit=Exit.USAGE) from None
    owner = next((name for name, vtep in leafs.items() if network.version == 4 and vtep in network), "")
    return owner if vrf == DEFAULT_VRF else "", str(network)


def _vrf(model: DeviceModel, name: str) -> str:
    known = (DEFAULT_VRF, *(vrf.name for vrf in model.vrfs))
    if name not in known:
        raise PermanentError(f"{model.hostname} has no VRF {shown(name)}", hint=suggest(name, known), exit=Exit.USAGE)
    return name


def _where(vrf: str) -> str:
    return "in the underlay" if vrf == DEFAULT_VRF else f"in VRF {vrf}"


BGP_RESET = Kind(
    "bgp-reset",
    "BGP sessions of a switch are torn down once, and come back by themselves",
    SWITCH,
    _reset,
    (Option("peer", "", "the switch at the far end; left out: all of them"),),
)
WRONG_ROUTE = Kind(
    "wrong-route",
    "a switch drops what it should route to one prefix",
    SWITCH,
    _wrong_route,
    (Option("to", "", "a leaf, whose VTEP is meant, or a prefix; left out: the last leaf"), VRF),
)
LEAKED_PREFIX = Kind(
    "leaked-prefix",
    "a switch announces a prefix that is another's; policies should stop it",
    SWITCH,
    _leaked,
    (Option("of", "", "a leaf, whose VTEP is meant, or a prefix; left out: the last leaf"), VRF),
)
