"""Verify, trace, where and the probe on real FRR routers: what is right passes, what is broken is named."""

import asyncio

import pytest
from observe_lab import SETTLE_S, Observed

from rtmctl.observe import Packets, Sessions, Status, Trace, cabling, trace, where
from rtmctl.observe.where import Standing
from rtmctl.probe import Flow, ProbeResult, ProbeSpec, Verdict, run_probe


def failed(here: Observed, *only: str) -> dict[str, list[str]]:
    return {c.name: [str(d) for d in c.outcome.deviations] for c in here.verify(*only).checks if c.outcome.deviations}


def test_every_check_ran_and_compared_something(here: Observed) -> None:
    report = here.verify()
    assert report.ok
    assert {c.name: c.status for c in report.checks if c.status is not Status.PASSED} == {}
    assert [c.name for c in report.checks if not c.outcome.passed] == []


def test_a_next_hop_that_only_the_kernel_lost(here: Observed) -> None:
    far = here.models["leaf4"].vtep
    up1, up2 = here.port("leaf1", "spine1"), here.port("leaf1", "spine2")
    one = f"nexthop via 169.254.0.1 dev {up2} onlink"
    both = f"{one} nexthop via 169.254.0.1 dev {up1} onlink"
    replace = f"ip route replace {far}/32 proto bgp metric 20"
    with here.broken("leaf1", f"{replace} {one}", f"{replace} {both}", "routes"):
        assert failed(here, "routes", "bgp") == {
            "routes": [f"leaf1: route {far}/32 (leaf4): expected via {up1}, {up2}, seen via {up2}"]
        }


def test_a_small_mtu_on_the_way(here: Observed) -> None:
    port = here.port("spine1", "leaf1")
    with here.broken("spine1", f"ip link set {port} mtu 1500", f"ip link set {port} mtu 9216", "interfaces", "mtu"):
        found = failed(here, "interfaces", "mtu")
        assert found["interfaces"] == [f"spine1: {port}: expected MTU 9216, seen MTU 1500"]
        assert any("9216 bytes, DF" in line for line in found.get("mtu", [])) or found.keys() == {"interfaces"}


HOLES = {"leaf2": ("app1", "store1"), "leaf3": ("store1", "app1")}


@pytest.mark.parametrize("leaf", HOLES)
def test_a_drop_rule_that_is_gone_is_seen_though_the_far_leaf_drops_the_answer(here: Observed, leaf: str) -> None:
    source, target = HOLES[leaf]
    inside = "ip netns exec blue " if here.run(leaf, "ip netns list | grep -w ^blue || true") else ""
    drops = f"{inside}nft -a list table inet rtmctl | sed '/^# in /,$d'"  # a lab's nft lists the other VRFs' too
    here.run(leaf, f"{inside}nft list ruleset > /tmp/rules; {drops} | grep -w drop")
    rule = f"{drops} | awk '/chain/ {{c = $2}} / drop /{{print c, $NF}}'"
    hole = f"{rule} | while read chain handle; do {inside}nft delete rule inet rtmctl $chain handle $handle; done"
    with here.broken(leaf, hole, f"{inside}nft flush ruleset; {inside}nft -f /tmp/rules", "matrix"):
        found = failed(here, "matrix", "flows")
    lines = [line for check in found.values() for line in check]
    assert [line for line in found["matrix"] if not line.startswith(f"{leaf}: {source} → {target} (")] == []
    assert {line.rpartition(", seen ")[2] for line in lines} == {"it arrives; the answer is lost"}
    assert any("tcp/5433" in line for line in lines) == (leaf == "leaf2")


def look(here: Observed, query: str) -> list[tuple[str, str, Standing]]:
    async def ask() -> list[tuple[str, str, Standing]]:
        sessions = Sessions(frozenset(here.models), here.opener())
        try:
            states, failures = await sessions.read()
            assert failures == {}
            found = where(here.fabric, here.models, states, query)
            assert any(row.seen for row in cabling(here.models, states))
            return [(s.device, s.port, s.standing) for s in found.sightings]
        finally:
            await sessions.close()

    return asyncio.run(ask())


def test_where(here: Observed) -> None:
    here.verify("gateways")
    assert look(here, "web1") == [("leaf1", here.port("leaf1", "web1"), Standing.HERE)]
    assert {(d, s) for d, _, s in look(here, "10.1.99.1")} == {("leaf3", Standing.ROUTED), ("leaf4", Standing.ROUTED)}


WAYS = {
    "routed": ("web1", "db1", ["leaf1", "spine", "leaf4"]),
    "bridged": ("web1", "web2", ["leaf1", "spine", "leaf3"]),
    "dropped by the filter": ("app1", "store1", ["leaf2"]),
    "dropped between tenants": ("web1", "app1", ["leaf1"]),
}


@pytest.mark.parametrize(("source", "destination", "devices"), WAYS.values(), ids=WAYS)
def test_trace_shows_the_way_the_packets_took(
    here: Observed, source: str, destination: str, devices: list[str]
) -> None:
    async def ask() -> Trace:
        sessions = Sessions(frozenset(here.models), here.opener())
        try:
            return await trace(here.fabric, here.models, sessions, here.hosts, source, destination, Packets())
        finally:
            await sessions.close()

    found = asyncio.run(ask())
    assert found.taken is not None, found.not_measured
    assert [h.device.rstrip("12") if "spine" in h.device else h.device for h in found.taken.hops] == devices
    assert found.agrees is True


def probe(here: Observed, seconds: float, break_it: str = "", node: str = "") -> ProbeResult:
    a, b = (here.fabric.host(name).addresses[0].interface.ip for name in ("web1", "web2"))
    flows = tuple(
        Flow(f"{x}-{n}", x, y, p, q, rate_pps=200)
        for n in range(4)
        for x, y, p, q in (("web1", "web2", a, b), ("web2", "web1", b, a))
    )

    async def measure() -> ProbeResult:
        async def breaking() -> None:
            await asyncio.sleep(1.0)
            await asyncio.to_thread(here.run, node, break_it)

        helper = asyncio.create_task(breaking()) if break_it else None
        spec = ProbeSpec(flows, duration_s=seconds, max_stall_ms=500)
        result = await run_probe(spec, here.hosts)
        if helper is not None:
            await helper
        return result

    return asyncio.run(measure())


def test_a_quiet_network_loses_nothing(here: Observed) -> None:
    here.verify("gateways", "matrix")
    result = probe(here, 2)
    assert (result.doubts, result.verdict, result.lost) == ((), Verdict.CLEAN, 0)
    latency = result.flows[0].latency
    assert latency is not None
    assert latency.clock_error_ms is not None


def test_an_outage_is_measured_in_milliseconds_of_a_flow(here: Observed) -> None:
    """Both uplinks' plugs are pulled for about 300 ms: longer than nothing, shorter than the run."""
    ports = [here.port("leaf1", spine) for spine in ("spine1", "spine2")]
    chains = [f"chain {p} {{ type filter hook ingress device {p} priority 0; policy drop; }}" for p in ports]
    table = f"table netdev gap {{ {'; '.join(chains)}; }}"
    cut = f"nft '{table}'; sleep 0.3; nft delete table netdev gap"
    result = probe(here, 4, cut, "leaf1")
    assert result.doubts == ()
    assert result.verdict is Verdict.LOSS
    towards_web1 = [f for f in result.flows if f.flow.destination == "web1"]
    assert all(250 <= f.worst_ms <= 2000 for f in towards_web1)
    assert here.verify("bgp", "bfd", "evpn", "routes", "gateways", wait_s=SETTLE_S).ok


def test_two_swapped_cables(here: Observed) -> None:
    """The two uplinks of leaf1 change names, as if their plugs had changed places.

    The last test of the lab: the old neighbours stay in LLDP for two minutes, and FRR does not forgive the renaming.
    """
    a, b = here.port("leaf1", "spine1"), here.port("leaf1", "spine2")
    swap = (
        f"ip link set {a} down; ip link set {b} down; ip link set {a} name tmp0; ip link set {b} name {a}; "
        f"ip link set tmp0 name {b}; ip link set {a} up; ip link set {b} up; lldpcli update >/dev/null"
    )
    here.run("leaf1", swap)
    report = here.verify("lldp")
    for _ in range(20):
        if any(d.subject == "cables swapped" for d in report.deviations):
            break
        here.run("leaf1", "lldpcli update >/dev/null; sleep 1")
        for spine in ("spine1", "spine2"):
            here.run(spine, "lldpcli update >/dev/null")
        report = here.verify("lldp")
    assert [d.subject for d in report.deviations] == ["cables swapped"]
    assert "spine1" in report.deviations[0].expected
