"""`vrf` devices become network namespaces that FRR takes as VRFs (zebra -n, FRR 10: -w), for a kernel without `vrf`.

`vrf-netns NAME` on an interface says in which namespace it lives; on a stanza called NAME itself it makes the
namespace, whose addresses go to the `lo` inside. The node's own `ifreload` understands it.
"""

import re
from collections.abc import Mapping

from rtmctl.lab.features import Features
from rtmctl.lab.substitute.ifupdown import Interfaces, Stanza
from rtmctl.lab.substitute.types import Substitution
from rtmctl.model.config import DeviceConfig

WHY = "this kernel has no vrf devices"
NO_LEAKS = "network namespaces share no interface: a route leaked between them forwards nothing"
ATTRIBUTE = "vrf-netns"
REAL = "/run/vrf"
"""where the node's own ifreload mounts the namespaces"""
_VRF_ONLY = ("vrf-table", "vrf-default-route")


def is_vrf(stanza: Stanza) -> bool:
    return stanza.get("vrf-table") is not None


def membership(interfaces: Interfaces) -> dict[str, str]:
    """Interface to VRF: named by `vrf`, or as the port of a bridge that is in one."""
    found = {s.name: value for s in interfaces.stanzas if (value := s.get("vrf")) is not None}
    for bridge in interfaces.stanzas:
        if bridge.name in found:
            found |= {port: found[bridge.name] for port in bridge.words("bridge-ports") if port != "none"}
    return found


def to_namespaces(interfaces: Interfaces) -> tuple[Interfaces, list[Substitution]]:
    """The text with `vrf-netns` in the place of `vrf` and `vrf-table`."""
    spaces = membership(interfaces)
    done: list[Substitution] = []

    def change(stanza: Stanza) -> Stanza:
        if is_vrf(stanza):
            done.append(Substitution(stanza.name, WHY, "a vrf device", f"network namespace {stanza.name}"))
            return stanza.without(*_VRF_ONLY).having((ATTRIBUTE, stanza.name))
        if stanza.name in spaces:
            return stanza.without("vrf").having((ATTRIBUTE, spaces[stanza.name]))
        return stanza

    changed = interfaces.map(change)
    named = {stanza.name for stanza in changed.stanzas}
    bare = [Stanza(port, True, "", ((ATTRIBUTE, vrf),)) for port, vrf in sorted(spaces.items()) if port not in named]
    return Interfaces((*changed.stanzas, *bare)), done


def frr(config: DeviceConfig, spaces: Mapping[str, str], features: Features) -> tuple[DeviceConfig, list[Substitution]]:
    """frr.conf as FRR prints it with namespaces as VRFs: `interface NAME vrf VRF`, and `netns` in `vrf` (FRR 8)."""
    done: list[Substitution] = []

    def interface(match: re.Match[str]) -> str:
        name = match[1]
        if name not in spaces:
            return match[0]
        line = f"interface {name} vrf {spaces[name]}"
        done.append(Substitution(f"frr.conf interface {name}", WHY, f"interface {name}", line))
        return line

    text = re.sub(r"^interface (\S+)$", interface, config.get("frr"), flags=re.MULTILINE)
    if features.frr_names_netns:

        def vrf(match: re.Match[str]) -> str:
            line = f" netns {REAL}/{match[2]}"
            done.append(Substitution(f"frr.conf vrf {match[2]}", WHY, "no such line", line.strip()))
            return f"{match[1]}{line}\n{match[3]}"

        text = re.sub(r"^(vrf (\S+)\n(?: .*\n|!\n)*?)(exit-vrf)$", vrf, text, flags=re.MULTILINE)
    for leaked in sorted(set(re.findall(r"^  import vrf (?!route-map )(\S+)$", text, re.MULTILINE))):
        line = f"import vrf {leaked}"
        done.append(Substitution(f"frr.conf {line}", NO_LEAKS, line, "a route in BGP alone"))
    return config.replace("frr", text), done


def frr_of_devices(text: str) -> str:
    """frr.conf as FRR prints it with `vrf` devices."""
    text = re.sub(r"^(interface \S+) vrf \S+$", r"\1", text, flags=re.MULTILINE)
    return re.sub(rf"^ netns {REAL}/\S+\n", "", text, flags=re.MULTILINE)
