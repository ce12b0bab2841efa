"""Which cable carries which flow, by packets that were seen and by counters."""

from ipaddress import ip_address

from observe_sites import BASE, fabric

from rtmctl.device.events import CounterSample, Counts, Sighting
from rtmctl.observe.carried import FiveTuple, Rate, cables, carried, contradicted, lookouts, rates

MS = 1_000_000
ENDS = {
    "spine1:leaf1": (("spine1", "swp1"), ("leaf1", "swp49")),
    "spine2:leaf1": (("spine2", "swp1"), ("leaf1", "swp50")),
    ("leaf1", "swp1"): (("leaf1", "swp1"),),
}
FIVE = FiveTuple(ip_address("10.1.10.1"), ip_address("10.1.20.1"), 20001, 20000)
OTHER = FIVE._replace(source_port=20002)
FLOWS = {"one": (FIVE, 1000.0), "other": (OTHER, 1000.0)}


def seen(device: str, port: str, five: FiveTuple, packets: int) -> Sighting:
    return Sighting(device, port, True, *five, packets, 100.0)


def test_a_flow_is_on_the_cables_that_its_packets_were_seen_on() -> None:
    found = carried(
        FLOWS,
        [
            seen("leaf1", "swp1", FIVE, 100),
            seen("spine1", "swp1", FIVE, 98),
            seen("leaf1", "swp50", OTHER, 100),
            seen("spine1", "swp1", FIVE._replace(source_port=9), 100),
            seen("spine1", "swp9", OTHER, 100),
        ],
        ENDS,
    )
    assert found == {"one": {"spine1:leaf1", ("leaf1", "swp1")}, "other": {"spine2:leaf1"}}


def test_a_flow_on_an_idle_cable_is_nowhere() -> None:
    assert carried(FLOWS, [], ENDS) == {"one": frozenset(), "other": frozenset()}


def test_a_few_packets_carry_no_flow() -> None:
    """1000 packets/s looked at for 100 ms: 100 packets; a fifth of them it must be."""
    assert carried(FLOWS, [seen("spine1", "swp1", FIVE, 19)], ENDS)["one"] == frozenset()
    assert carried(FLOWS, [seen("spine1", "swp1", FIVE, 20)], ENDS)["one"] == {"spine1:leaf1"}


def test_each_cable_is_looked_at_from_one_end_that_can_look() -> None:
    assert lookouts(ENDS, frozenset({"spine1", "spine2", "leaf1"})) == {
        "spine1": ("swp1",),
        "spine2": ("swp1",),
        "leaf1": ("swp1",),
    }
    assert lookouts(ENDS, frozenset({"leaf1", "spine2"}))["leaf1"] == ("swp1", "swp49")
    ends = cables(fabric(BASE))
    assert {link.identity for link in fabric(BASE).links} <= ends.keys()
    assert {(c.leaf, c.port) for h in fabric(BASE).hosts for c in h.links} <= ends.keys()


def sample(ms: int, **counts: tuple[int, int]) -> CounterSample:
    return CounterSample(ms * MS, "leaf1", {port: Counts(rx, tx, 0, 0) for port, (rx, tx) in counts.items()})


def test_rates_between_two_times() -> None:
    samples = [
        sample(0, swp49=(0, 0), swp50=(7, 7)),
        sample(100, swp49=(10, 1000)),
        sample(200, swp49=(20, 1100)),
        sample(300, swp49=(30, 1200)),
        sample(400, swp49=(40, 9999)),
    ]
    found = rates(samples, 100 * MS, 300 * MS)
    assert found == {("leaf1", "swp49"): Rate(100, 1000), ("leaf1", "swp50"): Rate(0, 0)}


def test_counters_that_do_not_show_what_was_seen() -> None:
    used = {"one": frozenset({"spine1:leaf1"}), "other": frozenset({"spine1:leaf1"})}
    busy = {("spine1", "swp1"): Rate(1000, 900)}
    idle = {("spine1", "swp1"): Rate(1, 1), ("leaf1", "swp49"): Rate(0, 3)}
    assert contradicted(used, FLOWS, busy, ENDS) == ()
    assert contradicted(used, FLOWS, {}, ENDS) == ()
    assert contradicted(used, FLOWS, idle, ENDS) == ("spine1:leaf1",)
    assert contradicted(used, FLOWS, idle | busy, ENDS) == ()
