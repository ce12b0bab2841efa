"""Events of several switches as one story."""

from ipaddress import ip_address, ip_network

import pytest
from observe_sites import BASE, models

from rtmctl.device.events import (
    BfdEvent,
    BgpEvent,
    DaemonEvent,
    Event,
    LinkEvent,
    RouteEvent,
    VtepEvent,
)
from rtmctl.device.state import NextHop
from rtmctl.observe.timeline import Names, phases, timeline

MS = 1_000_000
ZERO = 1_795_000_000_000 * MS
UNNUMBERED = ip_address("169.254.0.1")
NAMES = Names(
    {
        ("leaf1", "swp49"): "spine1",
        ("leaf1", "swp50"): "spine2",
        ("leaf3", "swp49"): "spine1",
        ("leaf3", "swp50"): "spine2",
        ("spine1", "swp1"): "leaf1",
    },
    {ip_address("10.254.0.1"): "leaf1", ip_address("10.254.0.4"): "leaf4"},
)


def at(ms: float) -> int:
    return ZERO + round(ms * MS)


def route(ms: float, device: str, prefix: str, before: str, after: str, vrf: str = "default") -> RouteEvent:
    """`before`, `after`: last digits of ports ('9' for swp49) or VTEPs, separated by spaces."""

    def hops(words: str) -> tuple[NextHop, ...]:
        return tuple(
            NextHop(ip_address(w), "vlan4001") if "." in w else NextHop(UNNUMBERED, f"swp{w}") for w in words.split()
        )

    return RouteEvent(at(ms), device, vrf, ip_network(prefix), hops(before), hops(after))


def told(*events: Event) -> list[str]:
    return [f"{m.at_ms:g} {m.node} {m.kind}: {m.text}" for m in timeline(events, ZERO, NAMES)]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (LinkEvent(at(1), "leaf1", "default", "swp49", True, False), "1 leaf1 link: lost carrier on swp49 to spine1"),
        (LinkEvent(at(1), "spine1", "default", "swp1", False, False), "1 spine1 link: swp1 to leaf1 is down"),
        (LinkEvent(at(1), "leaf1", "default", "swp49", True, True), "1 leaf1 link: has carrier on swp49 to spine1"),
        (LinkEvent(at(1), "leaf1", "red", "vlan10", True, False), "1 leaf1 link: lost carrier on vlan10"),
        (BfdEvent(at(1), "spine1", "swp1", False, "path down"), "1 spine1 bfd: BFD down to leaf1 (path down)"),
        (BgpEvent(at(1), "leaf1", "red", "10.9.9.9", True, ""), "1 leaf1 bgp: BGP up to 10.9.9.9 in red"),
        (
            BgpEvent(at(1), "leaf1", "default", "swp49", False, "BFD {x}"),
            "1 leaf1 bgp: BGP down to spine1 (BFD x)",
        ),
        (DaemonEvent(at(-2), "leaf1", "bgpd", False), "-2 leaf1 daemon: bgpd ended"),
        (route(1, "leaf3", "10.0.0.4/32", "49", ""), "1 leaf3 route: withdrew 10.0.0.4/32 via spine1"),
        (route(1, "leaf3", "10.0.0.4/32", "", "49 50"), "1 leaf3 route: next hop of 10.0.0.4/32: spine1, spine2"),
        (
            route(1, "leaf3", "10.0.0.4/32", "49 50", "50"),
            "1 leaf3 route: next hop of 10.0.0.4/32: spine2, no longer spine1",
        ),
        (
            route(1, "leaf3", "10.9.0.1/32", "10.254.0.1", "10.254.0.4", "red"),
            "1 leaf3 route: next hop of 10.9.0.1/32 in red: leaf4, no longer leaf1",
        ),
        (
            VtepEvent(at(1), "leaf3", "vni10", "02:00:00:00:00:01", (ip_address("10.254.0.1"),), ()),
            "1 leaf3 vtep: forgot 02:00:00:00:00:01 behind leaf1",
        ),
        (
            VtepEvent(at(1), "leaf3", "vni10", "00:00:00:00:00:00", (ip_address("10.254.0.1"),), ()),
            "1 leaf3 vtep: floods vni10 to nobody, before to leaf1",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_saw_what(event: Event, text: str) -> None:
    assert told(event) == [text]


def test_many_routes_at_once_are_one_moment_with_their_count() -> None:
    burst = [route(50 + n / 100, "leaf3", f"10.0.{n // 250}.{n % 250}/32", "49 50", "50") for n in range(500)]
    assert told(*burst) == ["50 leaf3 route: next hop of 500 routes: spine2, no longer spine1, within 5 ms"]


def test_what_differs_or_comes_later_stays_apart() -> None:
    assert told(
        route(1, "leaf3", "10.0.0.1/32", "49 50", "50"),
        route(2, "leaf1", "10.0.0.1/32", "49 50", "50"),
        route(3, "leaf3", "10.0.0.2/32", "49 50", "49"),
        route(4, "leaf3", "10.0.0.3/32", "49 50", "50"),
        route(30, "leaf3", "10.0.0.4/32", "49 50", "50"),
    ) == [
        "1 leaf3 route: next hop of 2 routes: spine2, no longer spine1, within 3 ms",
        "2 leaf1 route: next hop of 10.0.0.1/32: spine2, no longer spine1",
        "3 leaf3 route: next hop of 10.0.0.2/32: spine1, no longer spine2",
        "30 leaf3 route: next hop of 10.0.0.4/32: spine2, no longer spine1",
    ]


def test_a_link_that_flaps_is_told_each_time() -> None:
    flaps = [LinkEvent(at(n), "leaf1", "default", "swp49", True, n % 2 == 1) for n in range(4)]
    assert len(told(*flaps)) == 4


def test_phases_of_every_switch() -> None:
    story = [
        LinkEvent(at(0.4), "leaf1", "default", "swp49", True, False),
        BgpEvent(at(1), "leaf1", "default", "swp49", False, ""),
        route(72, "leaf1", "10.0.0.9/32", "49 50", "50"),
        route(122, "leaf3", "10.0.0.1/32", "49 50", "50"),
        route(125, "leaf3", "10.0.0.2/32", "49", "50"),
        LinkEvent(at(3000), "leaf1", "default", "swp49", True, True),
        route(4000, "leaf3", "10.0.0.1/32", "50", "49 50"),
    ]
    one, three = phases(story, ZERO, at(3000))
    assert (one.device, one.detected_ms, one.detected_by) == ("leaf1", 0.4, "link")
    assert (one.first_withdrawal_ms, one.last_next_hop_ms) == (72, 72)
    assert (three.device, three.detected_ms, three.detected_by) == ("leaf3", None, "")
    assert (three.first_withdrawal_ms, three.last_next_hop_ms) == (122, 125)
    assert phases(story, ZERO)[1].last_next_hop_ms == 4000
    assert phases(story, at(5000)) == ()


def test_names_come_from_the_models() -> None:
    names = Names.of(models(BASE))
    leaf1 = models(BASE)["leaf1"]
    assert leaf1.vtep is not None and names.addresses[leaf1.vtep] == "leaf1"
    port = next(p for p in leaf1.ports if p.peer_device == "spine1")
    assert names.port("leaf1", port.name) == f"{port.name} to spine1"
    assert names.peer("leaf1", port.name) == "spine1"
