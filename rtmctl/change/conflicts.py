"""Where somebody else's object and a managed one cannot both be: same address, VNI, VLAN, port or BGP instance."""

import re
from collections.abc import Iterable, Iterator, Mapping

from rtmctl.change.objects import objects
from rtmctl.change.unmanaged import Foreign
from rtmctl.model.config import DeviceConfig

_DEFAULT = "default"
_NOT_PORTS = ("none", "regex", "glob")


def conflicts(target: DeviceConfig, foreign: Iterable[Foreign]) -> tuple[str, ...]:
    """Each conflict as a sentence that names both objects."""
    wanted = objects("interfaces", target.get("interfaces"))
    claims: dict[tuple[str, str], str] = {}
    for name, text in wanted.items():
        for claim in _claims(name, text):
            claims.setdefault(claim, name)
    found = []
    for one in foreign:
        if one.section == "interfaces":
            for kind, what in _claims(one.identity, one.text):
                if (kind, what) in claims:
                    found.append(f"{one} has {kind} {what}, which is {claims[kind, what]}'s")
            found += [f"{one} takes port {port}" for port in _ports(one.text) if port in wanted]
        elif one.section == "frr":
            mine = _vnis(target.get("frr"))
            found += [f"{one} has VNI {vni}, which is {mine[vni]}'s" for vni in _vnis(one.text) if vni in mine]
    return tuple(found)


def instance_conflicts(running: DeviceConfig, target: DeviceConfig, ours: Iterable[str]) -> tuple[str, ...]:
    """BGP instances that run under another AS and that rtmctl never wrote (`ours`: identities it did write).

    A speaker has one instance a VRF, and taking its place ends all that hangs on it.
    """
    had, wanted = (
        {name: text.splitlines()[0] for name, text in objects("frr", config.get("frr")).items()}
        for config in (running, target)
    )
    known = frozenset(ours)
    return tuple(
        f"frr: {had[name]} runs where {wanted[name]} must"
        for name in wanted
        if name.startswith("router bgp") and name in had and name not in known and had[name] != wanted[name]
    )


def _claims(name: str, text: str) -> Iterator[tuple[str, str]]:
    """What only one interface of a device may have."""
    lines = [line.split() for line in text.splitlines() if line[:1].isspace() and line.strip()]
    has: Mapping[str, str] = {words[0]: " ".join(words[1:]) for words in lines}
    vrf = has.get("vrf") or has.get("vrf-netns") or (name if "vrf-table" in has else _DEFAULT)
    for words in lines:
        if words[0] == "address" and len(words) > 1:
            where = "" if vrf == _DEFAULT else f" in VRF {vrf}"
            yield "address", words[1].partition("/")[0] + where
        elif words[0] == "vxlan-id" and len(words) > 1:
            yield "VNI", words[1]
        elif words[0] == "vrf-table" and words[1:] not in ([], ["auto"]):
            yield "VRF table", words[1]
    if "vlan-raw-device" in has and "vlan-id" in has:
        yield "VLAN", f"{has['vlan-id']} on {has['vlan-raw-device']}"


def _ports(text: str) -> list[str]:
    found = []
    for line in text.splitlines():
        words = line.split()
        if words and words[0] in ("bridge-ports", "bond-slaves"):
            found += [word for word in words[1:] if word not in _NOT_PORTS]
    return found


_VNI = re.compile(r"^ vni (\d+)", re.MULTILINE)


def _vnis(frr: str) -> dict[str, str]:
    """VNI to the VRF that it is the L3 VNI of."""
    return {
        vni: name for name, text in objects("frr", frr).items() if name.startswith("vrf ") for vni in _VNI.findall(text)
    }
