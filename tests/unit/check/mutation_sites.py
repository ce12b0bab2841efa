"""Fabrics that between them have every feature, and the devices of each kind to spoil."""

from typing import Any

PODS: dict[str, Any] = {f"p{p}-spine{n}": {"role": "spine", "pod": f"p{p}"} for p in (1, 2) for n in (1, 2)}
PODS |= {f"p{p}-leaf{n}": {"role": "leaf", "pod": f"p{p}", "rack": f"r{p}"} for p in (1, 2) for n in (1, 2)}
PODS |= {"super1": {"role": "super-spine"}, "super2": {"role": "super-spine"}}
BORDERS: dict[str, Any] = {f"border{n}": {"role": "border", "pod": "p1", "rack": "edge"} for n in (1, 2)}

SECTIONS: dict[str, Any] = {
    "switches": PODS | BORDERS,
    "tenants": {"prod": {"policy": "flows"}, "dev": {}},
    "segments": {
        "web": {"tenant": "prod", "vlan": 10, "subnets": ["10.1.0.0/24", "2001:db8:1::/64"], "racks": ["r1", "r2"]},
        "db": {
            "tenant": "prod",
            "vlan": 20,
            "subnets": ["10.2.0.0/24", "2001:db8:2::/64"],
            "dhcp_relay": ["10.1.0.9", "2001:db8:1::9"],
        },
        "log": {"tenant": "prod", "vlan": 21, "subnets": ["10.3.0.0/24"], "racks": ["r1"], "local": True},
        "lab": {"tenant": "dev", "vlan": 30, "subnets": ["10.4.0.0/24"], "racks": ["r1", "r2"]},
    },
    "hosts": {
        "web1": {"rack": "r1", "leaf": "p1-leaf1", "segment": "web"},
        "web2": {"rack": "r2", "segment": "web"},
        "db1": {"rack": "r1", "leaf": "p1-leaf1", "attachment": "trunk", "segment": "db", "segments": ["log"]},
        "k1": {
            "rack": "r1",
            "attachment": "routed",
            "tenant": "prod",
            "services": ["10.99.0.1/32", "2001:db8:99::7/128"],
        },
        "k2": {"rack": "r2", "attachment": "routed", "tenant": "prod", "services": ["2001:db8:99::1/128"]},
        "lab1": {"rack": "r2", "segment": "lab"},
    },
    "externals": {
        f"isp{n}": {
            "border": f"border{n}",
            "tenant": "prod",
            "asn": 3320,
            "local": f"192.0.2.{4 * n + 1}/30",
            "peer": f"192.0.2.{4 * n + 2}/30",
            "accept": ["0.0.0.0/0", "198.51.100.0/24"],
            "prefix_limit": 10,
            "password": "env:ISP",
        }
        for n in (1, 2)
    },
    "flows": [
        {"from": "web", "to": "db", "protocol": "tcp", "ports": [5432]},
        {"from": "lab", "to": "log", "protocol": "udp", "ports": [514], "via": "leak"},
    ],
}
DEVICES = ("p1-leaf1", "p1-spine1", "super1", "border1")

SITES: dict[str, tuple[dict[str, Any], frozenset[str], tuple[str, ...]]] = {
    "unnumbered, ebgp-direct, dual stack": (
        SECTIONS | {"pools": {"loopback6": "2001:db8:ffff::/64", "vtep": "10.200.0.0/22"}},
        frozenset(),
        DEVICES,
    ),
    "numbered, ibgp-rr": (SECTIONS | {"fabric": {"underlay": "numbered", "overlay": "ibgp-rr"}}, frozenset(), DEVICES),
    "numbered, ebgp-multihop, drained": (
        SECTIONS | {"fabric": {"underlay": "numbered", "overlay": "ebgp-multihop"}},
        frozenset({"p1-leaf1", "p1-spine1"}),
        DEVICES,
    ),
}
"""name: (sections, drained, devices to spoil)"""
