"""What recorders could not tell, and whether the fault explains it; flows as recorders look for them."""

from ipaddress import ip_address

import pytest

from rtmctl.device.injection import Injection
from rtmctl.drill.instruments import Recorded
from rtmctl.drill.recorder import five_tuples
from rtmctl.drill.types import Detection, FaultPlan, Removed
from rtmctl.probe import Flow, ProbeSpec
from rtmctl.probe.orders import order

LOST = Recorded(doubts=("leaf2: 3 messages of bgpd were lost",), absent={"leaf1": "the recorder fell silent"})


def fault(node: str, removed: Removed = Removed()) -> FaultPlan:  # noqa: B008 - frozen
    return FaultPlan("reboot", node, "", (Injection(node, "reboot"),), removed, Detection.CARRIER)


@pytest.mark.parametrize(
    ("plan", "explained"),
    [
        (fault("leaf1"), True),
        (fault("lab", Removed(devices=frozenset({"leaf1"}))), True),
        (fault("leaf3"), False),
        (fault("leaf3", Removed(links=frozenset({"spine1:leaf1"}))), False),
    ],
    ids=["on it", "takes it away", "elsewhere", "on a link of it"],
)
def test_a_silent_switch_is_doubted_unless_the_fault_is_on_it(plan: FaultPlan, explained: bool) -> None:
    doubts = LOST.doubts_about(plan)
    assert doubts[0] == LOST.doubts[0]
    assert doubts[1:] == (() if explained else ("leaf1: the recorder fell silent",))


def test_flows_are_looked_for_as_the_probe_sends_them() -> None:
    one, two = ip_address("10.1.1.1"), ip_address("2001:db8::2")
    flows = (Flow("a", "web1", "web2", one, one, 100), Flow("b", "web1", "db1", two, two, 200))
    spec = ProbeSpec(flows, 1.0, port=30000)
    told = order(spec, "web1", 1)
    sent = {s["flow"]: s for s in told["send"]}
    for number, flow in enumerate(flows):
        five, rate = five_tuples(spec)[flow.name]
        assert (str(five.source), str(five.destination)) == (sent[number]["source"], sent[number]["destination"])
        assert (five.source_port, five.destination_port) == (sent[number]["source_port"], told["port"])
        assert rate == sent[number]["rate_pps"]
