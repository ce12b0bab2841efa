"""What recorders on real switches printed, read: FRR 8.4.4 and 10.3 through a lost link, a silent one, a killed bgpd.

The same 17 s seen by two leafs: spine1's links go down (0.0 s) and up (1.6 s), packets that spine2 receives are dropped
(7.8 s to 9.8 s), bgpd is killed on the one with 10.3 (14.9 s) and then on the other (16.0 s).
"""

import base64
import json
import struct
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from rtmctl.device.events import (
    BfdEvent,
    BgpEvent,
    ClockOffset,
    Counts,
    DaemonEvent,
    Event,
    LinkEvent,
    RouteEvent,
    VtepEvent,
)
from rtmctl.device.frr.netlink import Hop, KernelRoute, NextHopObject, messages
from rtmctl.device.frr.recorded import DeviceRecord, Line, read_record, sightings
from rtmctl.device.frr.tables import Space
from rtmctl.device.state import NextHop

RECORDED = Path(__file__).parent / "recorded"
FRR8, FRR10 = "recorder-leaf-frr8", "recorder-leaf-frr10"
BOTH = (FRR8, FRR10)
EXACT = ClockOffset(0, 0)
MS = 1_000_000


def lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]


def record(name: str, *more: Line) -> DeviceRecord:
    return read_record("leaf", [*lines(name), *more], EXACT)


def first(events: Iterable[Event], kind: type[Event], **wanted: Any) -> Event:
    return next(e for e in events if isinstance(e, kind) and all(getattr(e, k) == v for k, v in wanted.items()))


@pytest.mark.parametrize(
    ("name", "sources"), [(FRR8, {"bgpd", "bfdd", "zebra", "bfd"}), (FRR10, {"bgpd", "bfdd", "zebra"})]
)
def test_everything_is_read_and_nothing_doubted(name: str, sources: set[str]) -> None:
    found = record(name)
    assert found.doubts == () and found.sources == sources
    assert found.stamp_error_ms < 10
    assert list(found.events) == sorted(found.events, key=lambda e: e.at_ns)


@pytest.mark.parametrize("name", BOTH)
def test_a_lost_link_in_the_order_of_its_consequences(name: str) -> None:
    events = record(name).events
    lost = first(events, LinkEvent, interface="swp49", carrier=False)
    assert events[0] == lost and isinstance(lost, LinkEvent) and lost.admin_up and lost.vrf == "default"
    session = first(events, BgpEvent, peer="swp49", up=False)
    route = first(events, RouteEvent)
    assert lost.at_ns < session.at_ns < route.at_ns < lost.at_ns + 200 * MS
    assert isinstance(route, RouteEvent) and route.vrf == "default"
    assert {hop.interface for hop in route.before} - {hop.interface for hop in route.after} == {"swp49"}
    back = first(events, LinkEvent, interface="swp49", carrier=True)
    assert lost.at_ns + 1500 * MS < back.at_ns < lost.at_ns + 2000 * MS


def test_a_silent_link_is_noticed_by_bfd_and_only_then_by_bgp() -> None:
    """FRR 8.4 tells it by its control socket; 10.3 has none, there it is the reason that bgpd gives."""
    events = record(FRR8).events
    silent = first(events, BfdEvent, peer="swp50", up=False)
    assert isinstance(silent, BfdEvent) and silent.reason == "control detection time expired"
    session = first(events, BgpEvent, peer="swp50", up=False)
    assert silent.at_ns < session.at_ns < silent.at_ns + 5 * MS
    assert not [e for e in record(FRR10).events if isinstance(e, BfdEvent)]
    assert first(record(FRR10).events, BgpEvent, peer="swp50", up=False)


def test_a_session_that_stood_when_the_recording_began_is_no_event() -> None:
    before = first(record(FRR8).events, LinkEvent).at_ns
    assert not [e for name in BOTH for e in record(name).events if e.at_ns < before - 50 * MS]


@pytest.mark.parametrize("name", BOTH)
def test_a_killed_bgpd_takes_its_routes_along(name: str) -> None:
    events = record(name).events
    ended = first(events, DaemonEvent, daemon="bgpd", running=False)
    gone = [e for e in events if isinstance(e, RouteEvent) and e.at_ns > ended.at_ns - MS and not e.after]
    assert gone and all(e.at_ns < ended.at_ns + 300 * MS for e in gone)


def test_routes_of_a_vrf_that_is_a_namespace_bear_its_name() -> None:
    vrfs = {e.vrf for e in record(FRR10).events if isinstance(e, RouteEvent)}
    assert vrfs == {"default", "red"}
    tenant = first(record(FRR10).events, RouteEvent, vrf="red")
    assert isinstance(tenant, RouteEvent) and {hop.interface for hop in tenant.before} == {"vlan3553"}


def test_a_vtep_that_is_flooded_to_no_longer() -> None:
    flood = first(record(FRR10).events, VtepEvent, mac="00:00:00:00:00:00")
    assert isinstance(flood, VtepEvent) and flood.before == (ip_address("10.255.7.219"),) and flood.after == ()


def test_the_clocks_difference_is_taken_out() -> None:
    ahead = read_record("leaf", lines(FRR8), ClockOffset(5_000 * MS, 0))
    assert [e.at_ns + 5_000 * MS for e in ahead.events] == [e.at_ns for e in record(FRR8).events]


def test_counters_of_a_namespaces_lo_are_the_vrfs() -> None:
    sample = record(FRR8).counters[0]
    assert {"swp49", "swp50", "lo", "red"} <= sample.counts.keys()
    assert sample.counts["swp49"] == Counts(*sample.counts["swp49"]) and sample.counts["swp49"].rx_packets > 0


def test_a_bgpd_that_is_not_heard_is_a_doubt() -> None:
    silent = [line for line in lines(FRR8) if line[0] != "daemon"]
    silent = [[*line[:2], {**line[2], "sources": ["zebra"]}] if line[0] == "hello" else line for line in silent]
    assert any("bgpd was not heard" in doubt for doubt in read_record("leaf", silent, EXACT).doubts)


LOST = struct.pack("=QIIqqIIIII", 1, 0, 72, 1, 1, 3, 6, 0, 0, 0)


@pytest.mark.parametrize(
    ("line", "doubt"),
    [
        (["doubt", 1, "the kernel dropped events"], "the kernel dropped events"),
        (["counters", 1, 201_000, {}], "did not run for 201 ms"),
        (["counters", 1, 199_000, {}], ""),
        (["log", 1, "bgpd", base64.b64encode(LOST).decode()], "3 messages of bgpd were lost"),
        (["netlink", 1, "", "AAAA"], ""),
        (["netlink", 1, "", base64.b64encode(bytes(16)).decode()], "cannot be read"),
        (["log", 1, "bgpd", "AAAA"], "cannot be read"),
        (["news", 1], "cannot be read"),
        ([], "cannot be read"),
    ],
    ids=str,
)
def test_what_was_missed_is_a_doubt(line: Line, doubt: str) -> None:
    doubts = record(FRR8, line).doubts
    assert (doubt in doubts[0]) if doubt else not doubts


def route4(*hops: int, gone: bool = False, number: int | None = None) -> KernelRoute:
    """10.0.0.4/32 by interfaces."""
    prefix = ip_network("10.0.0.4/32")
    return KernelRoute(254, prefix, 20, tuple(_hop(h) for h in hops), number, gone)


def _hop(interface: int) -> Hop:
    return Hop(None, interface, dead=False)


def taken(*given: Any) -> list[tuple[set[str | None], set[str | None]]]:
    """Interfaces before and after, of each event that the messages make."""
    space = Space("leaf", "")
    events = [event for at, message in enumerate(given) for event in space.take(message, at)]
    return [
        ({h.interface for h in e.before}, {h.interface for h in e.after}) for e in events if isinstance(e, RouteEvent)
    ]


ONE, TWO = "interface 1", "interface 2"


def test_a_route_told_twice_changes_once() -> None:
    assert taken(route4(1, 2), route4(2, 1), route4(2), route4(2), route4(gone=True), route4(gone=True)) == [
        (set(), {ONE, TWO}),
        ({ONE, TWO}, {TWO}),
        ({TWO}, set()),
    ]


def test_a_route_that_throws_packets_away_has_that_for_a_next_hop() -> None:
    """RTM_NEWROUTE of 10.0.0.4/32, table main, type blackhole."""
    body = struct.pack("=BBBBBBBBI", 2, 32, 0, 0, 254, 4, 0, 6, 0) + struct.pack("=HH", 8, 1) + bytes([10, 0, 0, 4])
    (route,) = messages(struct.pack("=IHHII", 16 + len(body), 24, 0, 0, 0) + body)
    assert taken(route4(1), route) == [(set(), {ONE}), (set(), {"blackhole"})]


def test_ipv6_loses_the_next_hops_that_are_named() -> None:
    def route6(*hops: int, gone: bool = False) -> KernelRoute:
        return KernelRoute(254, ip_network("2001:db8::4/128"), 20, tuple(map(_hop, hops)), None, gone)

    assert taken(route6(1, 2), route6(1, gone=True), route6(2, gone=True)) == [
        (set(), {ONE, TWO}),
        ({ONE, TWO}, {TWO}),
        ({TWO}, set()),
    ]


def test_a_group_of_next_hops_that_loses_a_member_changes_every_route_of_it() -> None:
    one = NextHopObject(1, _hop(1), (), gone=False)
    two = NextHopObject(2, _hop(2), (), gone=False)
    both, less = (NextHopObject(9, None, members, gone=False) for members in ((1, 2), (2,)))
    assert taken(one, two, both, route4(number=9), less) == [(set(), {ONE, TWO}), ({ONE, TWO}, {TWO})]


def test_datagrams_of_other_things_say_nothing() -> None:
    """An address that is new: RTM_NEWADDR."""
    body = struct.pack("=BBBBI", 2, 32, 0, 0, 1)
    assert not list(messages(struct.pack("=IHHII", 16 + len(body), 20, 0, 0, 0) + body))


def test_sightings_as_flows() -> None:
    answer = {"lasted_ms": 100.5, "flows": [["swp49", True, "10.1.1.1", "2001:db8::1", 20001, 20000, 97]]}
    (seen,) = sightings("leaf", answer)
    assert (seen.device, seen.port, seen.outgoing, seen.packets, seen.lasted_ms) == ("leaf", "swp49", True, 97, 100.5)
    assert seen.destination == ip_address("2001:db8::1") and seen.destination_port == 20000


def test_a_hop_is_known_by_its_interface_and_address() -> None:
    route = first(record(FRR8).events, RouteEvent)
    assert isinstance(route, RouteEvent) and NextHop(ip_address("169.254.0.1"), "swp49") in route.before
