"""What render refuses, what it names, and what must hold of every text."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from models import border, device, instance

from rtmctl.base import PermanentError
from rtmctl.model.types import (
    DhcpRelay,
    EthernetPort,
    Family,
    Loopback,
    Neighbor,
    NeighborFamily,
    PortKind,
    Svi,
    Vlan,
    Vrf,
)
from rtmctl.render import render


def test_unknown_platform_answers_with_the_known_ones() -> None:
    with pytest.raises(PermanentError, match="junos") as refused:
        render(device(platform="junos"))
    assert "frr" in refused.value.hint


RELAY = (DhcpRelay(ip_address("10.1.0.1"), ip_address("10.9.9.9"), (ip_address("10.1.1.9"),)),)
LIMITS = [
    (device(ports=(EthernetPort("swp1", PortKind.TRUNK, "", 1500, lag="bond1"),)), "bond1"),
    (device(loopbacks=(Loopback("lo9", "default", ()),)), "lo9"),
    (device(svis=(Svi("vlan9", 9, "red", 1500),)), "without its VLAN"),
    (device(vlans=(Vlan(9, "web", 90),)), "without a VTEP"),
    (device(vlans=(Vlan(9, "web", None),), svis=(Svi("vlan9", 9, "default", 1500, dhcp_relays=RELAY),)), "any VRF"),
    (device(vlans=(Vlan(9, "red", None),), vrfs=(Vrf("red", 5, 9, "1.1.1.1:2", "1:5"),)), "L3 VNI 5"),
    (device(bgp=(instance(vrf="blue"),)), "blue"),
]


@pytest.mark.parametrize(("model", "named"), LIMITS, ids=[case[1] for case in LIMITS])
def test_what_it_cannot_express_is_refused_by_name(model: object, named: str) -> None:
    with pytest.raises(PermanentError, match=named):
        render(model)  # type: ignore[arg-type]


def test_secrets_stay_references() -> None:
    assert "neighbor 192.0.2.2 password {{secret:env:FIREWALL}}\n" in render(border()).get("frr")


def _session(number: int, **changes: object) -> Neighbor:
    family = NeighborFamily(Family.IPV4, "IN", "OUT")
    found = Neighbor(f"swp{number}", 65000 + number, "spine", "", (family,), interface=f"swp{number}")
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_session_that_differs_leaves_the_group_as_it_is() -> None:
    same = tuple(_session(number) for number in (1, 2, 3))
    before = render(device(bgp=(instance(neighbors=same),))).get("frr")
    odd = (_session(1, bfd_profile="slow"), *same[1:])
    after = render(device(bgp=(instance(neighbors=odd),))).get("frr")
    changed = set(after.splitlines()) ^ set(before.splitlines())
    assert changed
    assert all("swp1" in line for line in changed)


def test_router_mac_follows_the_router_id() -> None:
    assert "hwaddress 02:00:0a:ff:00:01" in render(border()).get("interfaces")
    assert "hwaddress 02:00:0a:ff:00:02" in render(replace(border(), router_id=ip_address("10.255.0.2"))).get(
        "interfaces"
    )
