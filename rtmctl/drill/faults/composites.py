"""What fails together: a leaf of a pair, a spine, a border, a rack, the site's way out."""

from collections.abc import Iterable
from dataclasses import dataclass

from rtmctl.device.injection import Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen
from rtmctl.drill.faults.targets import find_externals, find_rack, find_switch, service_ports
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings
from rtmctl.fabric.types import Role

HOW = Option(
    "how",
    "power",
    "without power, or isolated by silence: every port but the management port drops all packets, carriers stay",
    choices=("power", "silence"),
)
_SAID = {"power": "without power", "silence": "isolated by silence"}
_DETECTED = {"power": Detection.CARRIER, "silence": Detection.BFD}


@dataclass(frozen=True, slots=True)
class _Switch:
    roles: frozenset[Role]

    def __call__(self, fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
        name = find_switch(around.fabric, target, self.roles).name
        return _lost(fault, around, name, (name,), name, chosen.text("how"))


def _rack(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    leafs = tuple(device.name for device in find_rack(around.fabric, target))
    return _lost(fault, around, target, leafs, f"rack {target} ({', '.join(leafs)})", chosen.text("how"))


def _lost(fault: str, around: Surroundings, target: str, switches: tuple[str, ...], what: str, how: str) -> FaultPlan:
    return FaultPlan(
        fault=fault,
        target=target,
        said=f"{what} {_SAID[how]}",
        injections=tuple(_hold(around, switches, how)),
        removed=Removed(devices=frozenset(switches)),
        detection=_DETECTED[how],
    )


def _hold(around: Surroundings, switches: tuple[str, ...], how: str) -> Iterable[Injection]:
    for name in switches:
        if how == "power":
            yield Injection(name, "power", {"node": name, "action": "off"})
        else:
            ports = service_ports(around.models[name])
            yield Injection(name, "silence", {"interfaces": ports, "direction": "both"})


def _isolation(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    how = chosen.text("how")
    externals = find_externals(around.fabric, target)
    ports = {peer.border: dict.fromkeys(p.port for p in externals if p.border == peer.border) for peer in externals}
    held = {name: tuple(found) for name, found in sorted(ports.items())}
    names = ", ".join(sorted(peer.name for peer in externals))
    silence = {"direction": "both"} if how == "silence" else {}
    return FaultPlan(
        fault=fault,
        target=target,
        said=f"site cut off from {names}, {'silently' if how == 'silence' else 'ports shut'}",
        injections=tuple(Injection(name, how, {"interfaces": found, **silence}) for name, found in held.items()),
        removed=Removed(host_ports=frozenset((name, port) for name, found in held.items() for port in found)),
        detection=Detection.BFD if how == "silence" else Detection.CARRIER,
    )


LEAF = Kind("leaf", "a leaf is lost; its partner goes on alone", "LEAF", _Switch(frozenset({Role.LEAF})), (HOW,))
SPINE = Kind("spine", "a spine is lost", "SPINE", _Switch(frozenset({Role.SPINE, Role.SUPER_SPINE})), (HOW,))
BORDER = Kind("border", "a border leaf is lost", "BORDER", _Switch(frozenset({Role.BORDER})), (HOW,))
RACK = Kind("rack", "every leaf of a rack is lost", "RACK", _rack, (HOW,))
SITE_ISOLATION = Kind(
    "site-isolation",
    "the site is cut off from an external peer, or by the site's name from all of them",
    "SITE|EXTERNAL",
    _isolation,
    (
        Option(
            "how",
            "silence",
            "packets vanish and carriers stay, or the ports are shut",
            choices=("silence", "link-down"),
        ),
    ),
)
