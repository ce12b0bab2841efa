"""Routed hosts and external peers come up with their final configuration, and FRR takes all of it."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, IPv6Network

import pytest

from rtmctl.fabric.types import Attachment, External, Fabric, Host, HostLink
from rtmctl.lab import Choices, Lab
from tests.lab.fabrics import TIMERS, clos


def with_routers() -> Fabric:
    host = Host(
        name="kafka1",
        rack="rack101",
        role="broker",
        attachment=Attachment.ROUTED,
        tenant="shop",
        untagged=None,
        tagged=(),
        links=(
            HostLink("leaf1", "swp40", "eth0", IPv4Interface("10.2.0.0/31"), IPv4Interface("10.2.0.1/31")),
            HostLink("leaf2", "swp40", "eth1", None, None),
        ),
        addresses=(),
        services=(IPv4Interface("10.3.0.1/32"),),
        asn=4200001001,
        loopback=IPv4Address("10.255.2.1"),
        managed=True,
        systemd=False,
    )
    peer = External(
        name="isp1",
        border="leaf2",
        port="swp45",
        tenant="shop",
        asn=64500,
        local=IPv4Interface("192.0.2.0/31"),
        peer=IPv4Interface("192.0.2.1/31"),
        accept=(IPv4Network("0.0.0.0/0"), IPv4Network("198.51.100.0/24")),
        announce=(),
        prefix_limit=100,
        password=None,
    )
    peer6 = replace(
        peer,
        name="isp1-v6",
        local=IPv6Interface("2001:db8:ff::/127"),
        peer=IPv6Interface("2001:db8:ff::1/127"),
        accept=(IPv6Network("::/0"),),
    )
    timers = replace(TIMERS, bfd_interval_ms=10)
    return replace(clos(1, 2, hosts=False), hosts=(host,), externals=(peer, peer6), timers=timers)


@pytest.fixture(scope="module", params=["switch-frr8", "switch-frr10"])
def lab(labs: Callable[[str], Lab], request: pytest.FixtureRequest) -> Lab:
    made = labs(f"routers-{request.param}")
    made.up(with_routers(), Choices(image=request.param))
    return made


@pytest.mark.parametrize("node", ["kafka1", "isp1"])
def test_frr_takes_the_whole_configuration(lab: Lab, node: str) -> None:
    boot = lab.run(node, "cat", "/var/log/frr/boot.log").stdout
    assert "% " not in boot
    running = lab.run(node, "vtysh", "-c", "show running-config").stdout
    assert "router bgp" in running
    assert "remote-as external" in running


def test_addresses_are_on_the_routed_host(lab: Lab) -> None:
    text = lab.run("kafka1", "ip", "-br", "addr").stdout
    assert all(address in text for address in ("10.2.0.1/31", "10.3.0.1/32", "10.255.2.1/32"))


def test_the_peer_answers_for_what_it_announces(lab: Lab) -> None:
    assert "198.51.100.1/32" in lab.run("isp1", "ip", "-br", "addr", "show", "lo").stdout
    table = lab.run("isp1", "vtysh", "-c", "show bgp ipv4 unicast").stdout
    assert "198.51.100.0/24" in table
    assert "0.0.0.0/0" in table
