"""Each fault that verify is for, made on real devices: the first line names it, and the rest follows from it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from observe_lab import SETTLE_S, Observed

INSIDE = 'in_vrf() { if [ -e /run/netns/$1 ]; then ip netns exec "$@"; else ip vrf exec "$@"; fi; }; '
"""a VRF is a namespace or a device; the shell function runs a command in either"""


def address(here: Observed, host: str) -> str:
    return str(here.fabric.host(host).addresses[0].interface.ip)


def congested(here: Observed) -> str:
    """VXLAN packets that say 'congestion experienced' around a packet that cannot: RFC 6040 §4.2 wants them dropped,
    and the kernel counts each as a receive error of the VXLAN device.
    """
    vni = next(s.vni for s in here.fabric.segments if s.name == "web")
    inner = "b'\\x02'*12 + b'\\x08\\x00' + b'\\x45' + bytes(19)"
    return (
        'python3 -c "import socket, struct; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); '
        f"s.bind(('{here.models['leaf4'].vtep}', 0)); s.setsockopt(0, 1, 3); "
        f"[s.sendto(struct.pack('!II', 0x08000000, {vni} << 8) + {inner}, ('{here.models['leaf1'].vtep}', 4789)) "
        'for _ in range(9)]"'
    )


@dataclass(frozen=True)
class Fault:
    node: str
    break_it: Callable[[Observed], str]
    mend_it: Callable[[Observed], str]
    checks: str
    first: Callable[[Observed], str]
    """the line to be found first"""
    alone: bool = True
    """all other deviations follow from it"""
    during: bool = False
    """made between two readings"""


def said(text: str) -> Callable[[Observed], str]:
    return lambda _: text


FAULTS = {
    "a daemon died": Fault(
        "leaf2",
        said("pkill -9 -x watchfrr || true; pkill -9 -x bgpd; sleep 0.3"),
        said("/usr/local/lib/rtmctl/lab/daemons start bgpd; vtysh -b >/dev/null 2>&1; true"),
        "bgp bfd evpn routes",
        said("leaf2: bgpd: expected running, seen stopped"),
    ),
    "a device cannot be read": Fault(
        "leaf4",
        said("pkill -x sshd; sleep 0.2"),
        said("/usr/sbin/sshd"),
        "lldp bgp",
        said("leaf4: state: expected readable, seen leaf4: "),
    ),
    "a port was shut": Fault(
        "spine1",
        lambda here: f"ip link set {here.port('spine1', 'leaf1')} down; sleep 1",
        lambda here: f"ip link set {here.port('spine1', 'leaf1')} up",
        "interfaces bgp bfd evpn routes",
        lambda here: f"spine1: {here.port('spine1', 'leaf1')}: expected up, seen administratively down",
    ),
    "a blackhole for a host": Fault(
        "leaf1",
        lambda here: f"{INSIDE} in_vrf red ip route replace blackhole {address(here, 'db1')}/32 metric 1",
        lambda here: f"{INSIDE} in_vrf red ip route del blackhole {address(here, 'db1')}/32 metric 1",
        "routes matrix",
        lambda here: f"leaf1: host route {address(here, 'db1')}/32 in VRF red (leaf4): expected via",
    ),
    "a blackhole that hides nothing known": Fault(
        "leaf1",
        said("ip route add unreachable 198.51.100.0/24"),
        said("ip route del unreachable 198.51.100.0/24"),
        "routes",
        said("leaf1: route 198.51.100.0/24 in VRF default: expected made by a protocol, seen a route of type un"),
    ),
    "a host took another's address": Fault(
        "web2",
        lambda here: f"ip addr add {address(here, 'web1')}/24 dev eth0",
        lambda here: f"ip addr del {address(here, 'web1')}/24 dev eth0",
        "hosts matrix",
        lambda here: f"web2: address {address(here, 'web1')}: expected only at web1, seen also at web2",
    ),
    "a switch took another's address": Fault(
        "leaf3",
        lambda here: f"ip addr add {here.models['leaf4'].vtep}/32 dev lo",
        lambda here: f"ip addr del {here.models['leaf4'].vtep}/32 dev lo",
        "duplicates",
        lambda here: f"leaf3: {here.models['leaf4'].vtep}: expected one device, seen leaf3, leaf4",
    ),
    "errors rise": Fault(
        "leaf4",
        congested,
        said("true"),
        "errors gateways",
        said("leaf1: vni"),
        during=True,
    ),
    "BFD was made slow at one end": Fault(
        "leaf3",
        said("vtysh -c 'configure' -c 'bfd' -c 'profile fabric' -c 'transmit-interval 900'; sleep 2"),
        said("vtysh -c 'configure' -c 'bfd' -c 'profile fabric' -c 'transmit-interval 300'"),
        "bfd",
        lambda here: f"leaf3: BFD {here.port('leaf3', 'spine1')} to spine1: expected tx 300 ms",
        alone=False,
    ),
    "a gateway lost its address": Fault(
        "leaf1",
        said(f"{INSIDE} in_vrf red ip addr del 10.1.10.1/24 dev vlan10"),
        said(f"{INSIDE} in_vrf red ip addr add 10.1.10.1/24 dev vlan10"),
        "addresses gateways",
        said("leaf1: vlan10 address: expected 10.1.10.1/24, seen missing"),
    ),
    "a host that is not ours fell silent": Fault(
        "guest1",
        said("sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),
        said("sysctl -qw net.ipv4.icmp_echo_ignore_all=0"),
        "gateways",
        lambda here: f"leaf1: guest1 ({address(here, 'guest1')}, not ours) from VRF red: expected an answer to ping",
        alone=False,
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_first_line_names_the_fault(here: Observed, fault: Fault) -> None:
    def break_it() -> None:
        here.run(fault.node, fault.break_it(here))

    if not fault.during:
        break_it()
    try:
        report = here.verify(*fault.checks.split(), during=break_it if fault.during else None)
    finally:
        here.run(fault.node, fault.mend_it(here))
        mended = here.verify(*fault.checks.split(), wait_s=SETTLE_S)
    assert mended.ok, [str(d) for d in mended.deviations]
    lines = [str(cause.deviation) for cause in report.causes] + [str(d) for d in report.deviations if not d.cause]
    assert lines, "the fault was not seen"
    assert lines[0].startswith(fault.first(here)), lines
    if fault.alone:
        assert [str(d) for d in report.deviations if not d.cause and str(d) != lines[0]] == []
