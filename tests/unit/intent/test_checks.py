"""Cross-checks beyond the examples in docs/errors: one more site a rule, and sites that must pass."""

import pytest

from rtmctl.intent import read_text, unknown_platforms
from rtmctl.intent.checks.mtu import overhead

BASE = """\
site: x
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf[3-4]: {role: leaf, rack: r2}
  border1: {role: border, rack: edge}
tenants:
  blue: {policy: flows}
  red: {policy: flows}
segments:
  web: {tenant: blue, vlan: 10, subnets: [10.1.1.0/24, "2001:db8:1::/64"]}
  db: {tenant: blue, vlan: 20, subnets: [10.1.2.0/24]}
  ops: {tenant: red, vlan: 30, subnets: [10.1.3.0/24]}
"""
HOST = BASE + "hosts:\n  h1: {rack: r1, segment: web}\n"
EXTERNAL = (
    BASE + "externals:\n  t1: {border: border1, tenant: blue, asn: 64500, local: 192.0.2.1/30, peer: 192.0.2.2/30}\n"
)
FIREWALL = (
    BASE
    + "externals:\n"
    + "  fw-blue: {border: border1, firewall: true, asn: 64500, local: 192.0.2.1/30, peer: 192.0.2.2/30, tenant: blue}"
    + "\n  fw-red: {border: border1, firewall: true, asn: 64500, local: 192.0.2.5/30, peer: 192.0.2.6/30, tenant: red}"
    + "\nflows:\n  - {from: web, to: ops, via: fw-blue}\n"
)

# text, (what is replaced, by what) …, codes expected (none: the site is right)
CASES: dict[str, tuple[str, list[tuple[str, str]], list[str]]] = {
    "nothing wrong": (HOST, [], []),
    "nothing wrong outside": (EXTERNAL, [], []),
    "nothing wrong between": (FIREWALL, [], []),
    # names
    "a host as a border": (EXTERNAL, [("  t1:", "  leaf1:")], ["name-clash"]),
    "an external called leak": (EXTERNAL, [("  t1:", "  leak:")], ["reserved-name"]),
    # references
    "a rack of no leaf": (BASE, [("vlan: 20,", "vlan: 20, racks: [r1, r7],")], ["unknown-name"]),
    "a tagged segment": (HOST, [("segment: web", "attachment: trunk, segments: [db, dbb]")], ["unknown-name"]),
    "a leaf": (HOST, [("segment: web", "segment: web, leaf: leaf9")], ["unknown-name"]),
    "a routed tenant": (
        HOST,
        [("segment: web", "attachment: routed, tenant: bleu, services: [10.9.0.1/32]")],
        ["unknown-name"],
    ),
    "a border": (EXTERNAL, [("border: border1", "border: border2")], ["unknown-name"]),
    "all three of a flow": (BASE + "flows:\n  - {from: webb, to: opss, via: fw9}\n", [], ["unknown-name"] * 3),
    # ranges that no router forwards to
    "a segment of this network": (BASE, [("10.1.1.0/24", "0.0.0.0/24")], ["subnet-unusable"]),
    "a reserved segment": (BASE, [("10.1.1.0/24", "240.0.0.0/24")], ["subnet-unusable"]),
    "an unspecified IPv6 segment": (BASE, [("2001:db8:1::/64", "::/64")], ["subnet-unusable"]),
    "pools of multicast, loopback and link-local addresses": (
        BASE
        + "pools: {loopback: 224.0.0.0/22, vtep: 127.0.0.0/22, management: 169.254.0.0/22, loopback6: ff00::/64}\n",
        [],
        ["subnet-unusable"] * 4,
    ),
    "a pool of carrier-grade NAT's range": (BASE + "pools: {loopback: 100.64.0.0/22}\n", [], []),
    # topology
    "no leaf": ("site: x\nswitches:\n  spine1: {role: spine}\n", [], ["incomplete-fabric"]),
    "two pods with super-spine": (
        BASE,
        [("  border1: {", "  s1: {role: super-spine}\n  p2: {role: spine, pod: pod2}\n  border1: {pod: pod2, ")],
        [],
    ),
    "two pods without": (
        BASE,
        [("  border1: {", "  p2: {role: spine, pod: pod2}\n  border1: {pod: pod2, ")],
        ["pod-mismatch"],
    ),
    "a pod of spines": (
        BASE,
        [("  border1: {", "  s1: {role: super-spine}\n  p2: {role: spine, pod: p2}\n  border1: {")],
        ["pod-mismatch"],
    ),
    "a pair in two pods": (
        BASE,
        [
            (
                "leaf[3-4]: {role: leaf, rack: r2}",
                "leaf3: {role: leaf, rack: r2}\n  leaf4: {role: leaf, rack: r2, pod: p2}\n"
                "  p2: {role: spine, pod: p2}\n  s1: {role: super-spine}",
            )
        ],
        ["pod-mismatch"],
    ),
    "a super-spine in a rack": (
        BASE,
        [("  border1: {", "  s1: {role: super-spine, rack: r1}\n  border1: {")],
        ["spine-with-rack"],
    ),
    # attachments
    "trunk with one untagged": (HOST, [("segment: web", "attachment: trunk, segment: web")], ["attachment-incomplete"]),
    "trunk, one twice": (
        HOST,
        [("segment: web", "attachment: trunk, segment: web, segments: [web, db]")],
        ["attachment-misfit"],
    ),
    "trunk": (HOST, [("segment: web", "attachment: trunk, segment: web, segments: [db]")], []),
    "routed without a tenant": (
        HOST,
        [("segment: web", "attachment: routed, services: [10.9.0.1/32]")],
        ["attachment-incomplete"],
    ),
    "routed, of another kind": (
        HOST,
        [("segment: web", "attachment: routed, tenant: red, services: [10.9.0.1/32], leaf: leaf1, segment: web")],
        ["attachment-misfit"] * 2,
    ),
    "on a spine": (HOST, [("segment: web", "segment: web, leaf: spine1")], ["leaf-not-in-rack"]),
    "a port of which leaf": (HOST, [("segment: web", "segment: web, port: swp3")], ["attachment-incomplete"]),
    "a LAG to one leaf": (
        HOST,
        [
            ("rack: r1, segment: web", "rack: edge, segment: web, attachment: esi-lag"),
            ("role: border,", "role: border, platform: eos,"),
        ],
        ["attachment-incomplete"],
    ),
    "a LAG elsewhere": (
        HOST,
        [("segment: web", "segment: web, attachment: esi-lag"), ("role: leaf,", "role: leaf, platform: eos,")],
        [],
    ),
    "a LAG by a role's platform": (
        HOST + "roles: {leaf: {platform: frr}}\n",
        [("segment: web", "segment: web, attachment: esi-lag")],
        ["esi-lag-unproven"],
    ),
    # relays
    "a relay": (HOST, [("vlan: 20,", "vlan: 20, dhcp_relay: [10.1.1.9],")], []),
    "a relay to a routed host's service": (
        BASE + "hosts:\n  h2: {rack: r1, attachment: routed, tenant: blue, services: [10.9.0.1/32]}\n",
        [("vlan: 20,", "vlan: 20, dhcp_relay: [10.9.0.1],")],
        [],
    ),
    "a relay to the outside": (EXTERNAL, [("vlan: 20,", "vlan: 20, dhcp_relay: [203.0.113.9],")], []),
    "a relay into another VRF": (
        HOST,
        [("vlan: 20,", "vlan: 20, dhcp_relay: [10.1.3.9],")],
        ["dhcp-relay-unreachable"],
    ),
    "a relay of the other version": (
        HOST,
        [("vlan: 20,", 'vlan: 20, dhcp_relay: ["2001:db8:1::9"],')],
        ["dhcp-relay-version"],
    ),
    "a relay elsewhere": (
        HOST + "roles: {leaf: {platform: eos}}\n",
        [
            ("vlan: 10,", "vlan: 10, dhcp_relay: [10.1.2.9],"),
            ("vlan: 20,", "vlan: 20, racks: [r2], dhcp_relay: [10.1.1.9],"),
        ],
        [],
    ),
    # ports
    "a routed host takes the port on both leafs": (
        HOST + "  h2: {rack: r1, attachment: routed, tenant: red, services: [10.9.0.1/32], port: swp3}\n",
        [("segment: web", "segment: web, leaf: leaf2, port: swp3")],
        ["port-clash"],
    ),
    "an external on a host's port": (
        EXTERNAL + "hosts:\n  h1: {rack: edge, segment: web, leaf: border1, port: swp3}\n",
        [("asn: 64500", "asn: 64500, port: swp3")],
        ["port-clash"],
    ),
    "IPv4 and IPv6 on one port": (
        EXTERNAL
        + "  t2: {border: border1, tenant: blue, asn: 64500, local: '2001:db8::1/64', peer: '2001:db8::2/64',"
        + " port: swp3}\n",
        [("asn: 64500, local: 192", "asn: 64500, port: swp3, local: 192")],
        [],
    ),
    # stretch
    "local in two racks by list": (
        BASE,
        [("vlan: 20,", "vlan: 20, racks: [r1, r2], local: true,")],
        ["local-segment-spans"],
    ),
    "local in one": (HOST, [("vlan: 10,", "vlan: 10, local: true,")], []),
    # overlaps
    "the same in another tenant": (BASE, [("10.1.3.0/24", "10.1.2.0/24")], []),
    "within a default pool": (BASE, [("10.1.3.0/24", "10.255.16.0/24")], ["overlap"]),
    "two pools": (BASE + "pools: {p2p: 10.9.0.0/16, management: 10.9.9.0/24}\n", [], ["overlap"]),
    "VNI pools": (BASE + "pools: {l2vni: 50500-60000}\n", [], ["overlap"]),
    "a link in a segment": (EXTERNAL, [("10.1.2.0/24", "192.0.2.0/24")], ["overlap"]),
    "a service in a segment": (
        HOST,
        [("segment: web", "attachment: routed, tenant: blue, services: [10.1.2.7/32]")],
        ["overlap"],
    ),
    "anycast services": (
        BASE + "hosts:\n  h[1-2]: {rack: r1, attachment: routed, tenant: blue, services: [10.9.0.1/32]}\n",
        [],
        [],
    ),
    "leaked": (BASE + "flows:\n  - {from: db, to: ops, via: leak}\n", [("10.1.3.0/24", "10.1.2.128/25")], ["overlap"]),
    # addresses
    "the network address as gateway": (
        BASE,
        [("[10.1.2.0/24]", "[10.1.2.0/24], gateways: [10.1.2.0]")],
        ["gateway-outside"],
    ),
    "broadcast": (HOST, [("segment: web", "segment: web, addresses: [10.1.1.255]")], ["address-outside"]),
    "the last of IPv6": (HOST, [("segment: web", "segment: web, addresses: ['2001:db8:1::ffff:ffff:ffff:ffff']")], []),
    "one address for a range": (
        HOST,
        [("h1:", "h[1-3]:"), ("segment: web", "segment: web, addresses: [10.1.1.9]")],
        ["address-duplicate"],
    ),
    "two of one version": (
        HOST,
        [("segment: web", "segment: web, addresses: [10.1.1.9, 10.1.1.10]")],
        ["address-duplicate"],
    ),
    "one of each version": (HOST, [("segment: web", "segment: web, addresses: [10.1.1.9, '2001:db8:1::9']")], []),
    "multicast": (BASE, [("10.1.3.0/24", "239.0.0.0/24")], ["subnet-unusable"]),
    "a /80 that announces nothing": (
        BASE,
        [("2001:db8:1::/64", "2001:db8:1::/80"), ("vlan: 10,", "vlan: 10, router_advertisements: false,")],
        [],
    ),
    # numbers
    "one VLAN in two racks": (
        BASE,
        [
            ("vlan: 20,", "vlan: 10, racks: [r1],"),
            ("vlan: 10, subnets: [10.1.1", "vlan: 10, racks: [r2], subnets: [10.1.1"),
        ],
        [],
    ),
    "one VLAN, racks in common": (
        BASE,
        [
            ("vlan: 20,", "vlan: 10, racks: [r1, r2],"),
            ("vlan: 10, subnets: [10.1.1", "vlan: 10, racks: [r2], subnets: [10.1.1"),
        ],
        ["vlan-clash"],
    ),
    "VLAN 1": (BASE, [("vlan: 30", "vlan: 1")], ["vlan-reserved"]),
    "an L2 VNI out of the L3 pool": (BASE, [("vlan: 30", "vlan: 30, vni: 50001")], ["vni-clash"]),
    "RD indexes that FRR gives out": (BASE + "pools: {rd: 64-65535}\n", [], ["rd-pool-low"]),
    "a range backwards": (BASE + "pools: {asn: 4200000009-4200000001}\n", [], ["pool-range"]),
    # AS numbers
    "spines of a pod": (BASE, [("{role: spine}", "{role: spine, asn: 4200000001}")], []),
    "spines of a pod, two": (
        BASE,
        [("spine[1-2]: {role: spine}", "spine1: {role: spine, asn: 65001}\n  spine2: {role: spine, asn: 65002}")],
        ["asn-clash"],
    ),
    "leafs share": (BASE, [("rack: r1}", "rack: r1, asn: 65001}")], ["asn-clash"]),
    "leafs share, allowed": (BASE + "fabric: {allow_shared_as: true}\n", [("rack: r1}", "rack: r1, asn: 65001}")], []),
    "a leaf has the spines' AS, allowed": (
        BASE + "fabric: {allow_shared_as: true}\n",
        [("rack: r1}", "rack: r1, asn: 65001}"), ("spine}", "spine, asn: 65001}")],
        ["asn-clash"],
    ),
    "routed hosts share": (
        BASE + "hosts:\n  h[1-2]: {rack: r1, attachment: routed, tenant: blue, asn: 65001, services: [10.9.0.1/32]}\n",
        [],
        ["asn-clash"],
    ),
    "a peer has ours": (EXTERNAL, [("{role: spine}", "{role: spine, asn: 64500}")], ["asn-clash", "asn-public"]),
    "the whole private range": (BASE + "pools: {asn: 4200000000-4294967294}\n", [], []),
    "a public pool": (BASE + "pools: {asn: 100-200}\n", [], ["asn-public"]),
    # MTU
    "54 with trunks": (
        HOST + "fabric: {mtu: {host: 9000, fabric: 9050}}\n",
        [("segment: web", "attachment: trunk, segments: [web]")],
        ["mtu-too-small"],
    ),
    "50 without": (HOST + "fabric: {mtu: {host: 9000, fabric: 9050}}\n", [], []),
    # externals
    "one address at both ends": (EXTERNAL, [("192.0.2.2/30", "192.0.2.1/30")], ["external-subnet"]),
    "broadcast of the link": (EXTERNAL, [("192.0.2.2/30", "192.0.2.3/30")], ["external-subnet"]),
    "an IPv6 default route": (
        EXTERNAL,
        [("192.0.2.1/30", "'2001:db8::1/64'"), ("192.0.2.2/30", "'2001:db8::2/64'")],
        [],
    ),
    "just enough prefixes": (
        EXTERNAL,
        [("asn: 64500", "asn: 64500, accept: [10.7.0.0/16, 10.8.0.0/16], prefix_limit: 2")],
        [],
    ),
    "one peer twice": (
        EXTERNAL + "  t2: {border: border1, tenant: blue, asn: 64500, local: 192.0.2.1/30, peer: 192.0.2.2/30}\n",
        [],
        ["address-duplicate"],
    ),
    # flows
    "via an external that is no firewall": (
        FIREWALL,
        [("firewall: true, asn: 64500, local: 192.0.2.1", "asn: 64500, local: 192.0.2.1")],
        ["flow-meeting-point"],
    ),
    "via a firewall without a leg there": (
        FIREWALL,
        [("firewall: true, asn: 64500, local: 192.0.2.5", "asn: 64500, local: 192.0.2.5")],
        ["flow-meeting-point"],
    ),
    "via, within one VRF": (FIREWALL, [("to: ops", "to: db")], ["flow-meeting-point"]),
    "via a third tenant's": (
        FIREWALL,
        [
            ("  red: {policy: flows}", "  red: {policy: flows}\n  third: {}"),
            ("tenant: blue}\n  fw-red", "tenant: third}\n  fw-red"),
        ],
        ["flow-meeting-point"],
    ),
    "twice": (FIREWALL + "  - {from: web, to: ops, via: fw-blue, description: again}\n", [], ["flow-without-effect"]),
    # timers, management
    "BFD slower than BGP": (BASE + "fabric: {timers: {bfd: {interval_ms: 3000}}}\n", [], ["timer-bfd"]),
    "no BFD": (BASE + "fabric: {timers: {bfd: null}}\n", [], []),
    "root": (BASE + "management: {user: root}\n", [], ["management-access"]),
    "out of the site": (BASE + "management: {known_hosts: ../known_hosts}\n", [], ["path-outside-site"]),
    "production with a key": (BASE + "environment: production\nmanagement: {key: 'file:~/.ssh/id'}\n", [], []),
}


@pytest.mark.parametrize(("text", "changes", "codes"), CASES.values(), ids=CASES.keys())
def test_case(text: str, changes: list[tuple[str, str]], codes: list[str]) -> None:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    site, findings = read_text(text)
    assert sorted(f.code for f in findings) == sorted(codes), findings
    assert all(f.where is not None for f in findings)
    assert (site is None) == any(f.severity == "error" for f in findings)


@pytest.mark.parametrize(
    ("tagged", "ip_version", "extra"), [(False, 4, 50), (True, 4, 54), (False, 6, 70), (True, 6, 74)]
)
def test_vxlan_overhead(tagged: bool, ip_version: int, extra: int) -> None:
    assert overhead(tagged=tagged, ip_version=ip_version) == extra


def test_unknown_platforms_once_a_line() -> None:
    text = (
        BASE.replace("role: leaf,", "role: leaf, platform: fr,")
        + "roles: {spine: {platform: eos}, border: {platform: frr}}\n"
    )
    site, _ = read_text(text)
    assert site is not None
    found = [(str(f.where), f.code, f.hint) for f in unknown_platforms(site, {"frr"})]
    assert found == [
        ("site.yaml:14:27", "unknown-platform", "known: frr"),
        ("site.yaml:4:37", "unknown-platform", "did you mean 'frr'?"),
        ("site.yaml:5:37", "unknown-platform", "did you mean 'frr'?"),
    ]
