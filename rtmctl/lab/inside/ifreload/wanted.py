"""What the file says: every interface as it is to be."""

from typing import NamedTuple

KINDS = ("bridge", "vxlan", "vlan", "dummy")
"""made and removed here; veth ends are the lab's cables and only move"""


class Wanted(NamedTuple):
    name: str
    space: str
    kind: str
    """one of KINDS, '' for a cable, 'lo'"""
    master: str
    mtu: int
    mac: str
    addresses: tuple[str, ...]
    alias: str
    down: bool
    vxlan: tuple[int, str, int]
    """(VNI, local address, UDP port)"""
    port: tuple[tuple[str, bool], ...]
    """bridge port settings"""
    vlan: tuple[str, int]
    gateways: tuple[str, ...]
    ups: tuple[str, ...]
    pinned: bool
    """no link-local address of its own"""
    settings: tuple[tuple[str, str], ...]
    """sysctl key to value"""


def stanzas(text: str) -> dict[str, dict[str, list[str]]]:
    """Interface to attribute to values; `auto` and the family stand under their own keys."""
    found: dict[str, dict[str, list[str]]] = {}
    autos: set[str] = set()
    current: dict[str, list[str]] = {}
    for raw in text.replace("\\\n", " ").splitlines():
        key, _, rest = raw.strip().partition(" ")
        if not key or key.startswith("#"):
            continue
        if key in ("auto", "allow-auto", "allow-hotplug"):
            autos |= set(rest.split())
        elif key == "iface":
            current = found.setdefault(rest.split()[0], {})
            current.setdefault("family", []).append(rest.strip())
        else:
            current.setdefault(key, []).append(rest.strip())
    return {name: body for name, body in found.items() if name in autos}


def wanted(text: str) -> tuple[dict[str, Wanted], list[str]]:
    """Every interface the file names, and the namespaces it needs."""
    parsed = stanzas(text)
    spaces = sorted({body["vrf-netns"][0] for body in parsed.values() if "vrf-netns" in body})
    masters = {port: name for name, body in parsed.items() for port in _words(body, "bridge-ports") if port != "none"}
    tunnel = _one(parsed.get("lo", {}), "vxlan-local-tunnelip")
    found = {}
    for name, body in parsed.items():
        space = _one(body, "vrf-netns")
        if name == space:  # the VRF itself: its addresses are those of the loopback inside
            key, kind, real = f"{space}/lo", "lo", "lo"
        else:
            key, kind, real = name, _kind(name, body), name
        found[key] = _wanted((real, space), kind, masters.get(name, ""), body, tunnel)
    for port, bridge in masters.items():
        if port not in found:
            found[port] = _wanted((port, _one(parsed[bridge], "vrf-netns")), "", bridge, {}, tunnel)
    return found, spaces


def _kind(name: str, body: dict[str, list[str]]) -> str:
    if "bridge-ports" in body:
        return "bridge"
    if "vxlan-id" in body:
        return "vxlan"
    if "vlan-raw-device" in body:
        return "vlan"
    if _one(body, "link-type") == "dummy":
        return "dummy"
    return "lo" if name == "lo" else ""


def _wanted(where: tuple[str, str], kind: str, master: str, body: dict[str, list[str]], tunnel: str) -> Wanted:
    """`where`: (name, namespace); `tunnel`: the VTEP's address where the VXLAN has none of its own."""
    name, space = where
    port = {}
    if master:
        port["learning"] = _one(body, "bridge-learning") != "off" and _one(body, "vxlan-learning") not in ("no", "off")
        if kind == "vxlan" and "bridge-learning" not in body and "vxlan-learning" not in body:
            port["learning"] = True
        port["neigh_suppress"] = _one(body, "bridge-arp-nd-suppress") == "on"
    vxlan = (0, "", 0)
    if kind == "vxlan":
        local = _one(body, "vxlan-local-tunnelip") or tunnel
        vxlan = (int(_one(body, "vxlan-id")), local, int(_one(body, "vxlan-port") or 4789))
    settings = []
    if _one(body, "arp-accept") == "on":
        settings.append((f"net/ipv4/conf/{name}/arp_accept", "1"))
    return Wanted(
        name=name,
        space=space,
        kind=kind,
        master=master,
        mtu=int(_one(body, "mtu") or 0),
        mac=_one(body, "hwaddress").replace("ether ", "").lower(),
        addresses=tuple(_full(a) for a in body.get("address", [])),
        alias=_one(body, "alias").strip('"'),
        down=_one(body, "link-down") == "yes",
        vxlan=vxlan,
        port=tuple(port.items()),
        vlan=(_one(body, "vlan-raw-device"), int(_one(body, "vlan-id") or name.rpartition(".")[2] or 0))
        if kind == "vlan"
        else ("", 0),
        gateways=tuple(body.get("gateway", [])),
        ups=tuple(body.get("up", []) + body.get("post-up", [])),
        pinned=bool(master) or _one(body, "ipv6-addrgen") in ("off", "no"),
        settings=tuple(settings),
    )


def _one(body: dict[str, list[str]], key: str) -> str:
    return body.get(key, [""])[0]


def _words(body: dict[str, list[str]], key: str) -> list[str]:
    return [word for line in body.get(key, []) for word in line.split()]


def _full(address: str) -> str:
    if "/" in address:
        return address.lower()
    return f"{address.lower()}/{128 if ':' in address else 32}"
