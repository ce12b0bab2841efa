"""Sites of any shape: pods, borders, racks of one or two leafs, segments wide, local or dual stack, flows and leaks."""

from itertools import combinations
from random import Random
from typing import Any

TENANTS: dict[str, Any] = {"a": {"policy": "flows"}, "b": {}, "c": {"policy": "flows"}}


def random_site(seed: int) -> tuple[dict[str, Any], frozenset[str]]:
    """Sections of a valid site, and switches to drain."""
    dice = Random(seed)
    pods, borders = dice.choice([1, 1, 2, 3]), dice.choice([0, 1, 2])
    switches = _switches(dice, pods, borders)
    racks = sorted({box["rack"] for box in switches.values() if box["role"] == "leaf"})
    segments = _segments(dice, racks)
    sections: dict[str, Any] = {
        "switches": switches,
        "tenants": TENANTS,
        "segments": segments,
        "hosts": {f"h{n}": host for n in range(1, dice.randint(2, 12)) if (host := _host(dice, n, racks, segments))},
        "externals": dict(external for n in range(1, borders + 1) for external in _externals(dice, n)),
        "flows": list(_flows(dice, segments)),
        "pools": dice.choice([{}, {"loopback6": "2001:db8:ffff::/64"}]),
        "fabric": {
            "underlay": dice.choice(["numbered", "unnumbered"]),
            "overlay": dice.choice(["ebgp-direct", "ebgp-multihop", "ibgp-rr"]),
        },
    }
    return sections, frozenset(dice.sample(sorted(switches), dice.choice([0, 0, 1, 2])))


def _switches(dice: Random, pods: int, borders: int) -> dict[str, Any]:
    spines, leafs = dice.choice([2, 3, 4]), dice.choice([2, 3, 4, 8])
    found: dict[str, Any] = {}
    for pod in range(1, pods + 1):
        found |= {f"p{pod}s{n}": {"role": "spine", "pod": f"p{pod}"} for n in range(1, spines + 1)}
        found |= {
            f"p{pod}l{n}": {"role": "leaf", "pod": f"p{pod}", "rack": f"p{pod}r{(n + 1) // 2}"}
            for n in range(1, leafs + 1)
        }
    if pods > 1 or dice.random() < 0.3:
        found |= {f"super{n}": {"role": "super-spine"} for n in (1, 2)}
    return found | {f"border{n}": {"role": "border", "pod": "p1", "rack": "edge"} for n in range(1, borders + 1)}


def _segments(dice: Random, racks: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tenant in TENANTS:
        for n in range(dice.randint(1, 3)):
            vlan = 10 + len(found)
            subnets = [f"10.{vlan}.0.0/24", *dice.choice([[], [f"2001:db8:{vlan}::/64"]])]
            reach = dice.choice(
                [{}, {"racks": [dice.choice(racks)], "local": True}, {"racks": dice.sample(racks, min(len(racks), 3))}]
            )
            found[f"{tenant}{n}"] = {"tenant": tenant, "vlan": vlan, "subnets": subnets, **reach}
    return found


def _host(dice: Random, n: int, racks: list[str], segments: dict[str, Any]) -> dict[str, Any] | None:
    rack, kind = dice.choice(racks), dice.choice(["routed", "access", "trunk"])
    usable = [name for name, segment in segments.items() if rack in segment.get("racks", [rack])]
    if kind == "routed":
        services = [f"10.99.0.{n}/32", *dice.choice([[], [f"2001:db8:99::{n}/128"]])]
        return {"rack": rack, "attachment": "routed", "tenant": dice.choice([*TENANTS]), "services": services}
    if kind == "access" and usable:
        return {"rack": rack, "segment": dice.choice(usable)}
    if kind == "trunk" and len(usable) > 1:
        return {"rack": rack, "attachment": "trunk", "segments": dice.sample(usable, 2)}
    return None


def _externals(dice: Random, n: int) -> list[tuple[str, dict[str, Any]]]:
    common = {"border": f"border{n}", "tenant": dice.choice([*TENANTS]), "asn": dice.choice([3320, 64999])}
    four = {**common, "local": f"192.0.2.{4 * n + 1}/30", "peer": f"192.0.2.{4 * n + 2}/30"}
    six = {**common, "local": f"2001:db8:ff{n}::1/64", "peer": f"2001:db8:ff{n}::2/64"}
    return [(f"isp{n}", four), *dice.choice([[], [(f"isp{n}v6", six)]])]


def _flows(dice: Random, segments: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for one, other in combinations(segments, 2):
        same = segments[one]["tenant"] == segments[other]["tenant"]
        if same and dice.random() < 0.5:
            found.append({"from": one, "to": other, "protocol": "tcp", "ports": [443]})
        elif not same and dice.random() < 0.2:
            found.append({"from": one, "to": other, "protocol": "udp", "ports": [514], "via": "leak"})
    return found
