"""The abort conditions over what probes tell while they run."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from drill_examples import silent_link

from rtmctl.drill.types import Abort, DrillPlan, FlowClass
from rtmctl.drill.watch import Watch
from rtmctl.probe.types import Interim

PLAN: DrillPlan = silent_link().plan
HOSTS = sorted({host for one in PLAN.flows for host in (one.flow.source, one.flow.destination)})


def one_of(kind: FlowClass) -> str:
    return next(one.flow.name for one in PLAN.flows if one.kind is kind)


def interim(host: str, flows: Mapping[str, float], received: int = 100) -> Interim:
    return Interim(host, 0, flows, dict.fromkeys(flows, received), 0.0)


def watch(begun_at: float = 0.0) -> Watch:
    found = Watch.over(PLAN)
    found.begin(begun_at)
    return found


def hear_all(found: Watch, at: float) -> None:
    for host in HOSTS:
        found.take(interim(host, {}), at)


def test_silence_within_the_limits_ends_nothing() -> None:
    found = watch()
    hear_all(found, 2.9)
    found.take(interim(HOSTS[0], {one_of(FlowClass.SPARED): 1000.9}), 2.9)
    assert found.breach(3.0) is None


@pytest.mark.parametrize(
    ("kind", "silent_ms"), [(FlowClass.SPARED, 1002.0), (FlowClass.LOCAL, 15002.0), (FlowClass.REMOTE, 15002.0)]
)
def test_a_flow_that_is_silent_for_too_long_ends_it(kind: FlowClass, silent_ms: float) -> None:
    found = watch()
    hear_all(found, 1.0)
    found.take(interim(HOSTS[0], {one_of(kind): silent_ms}), 1.0)
    breach = found.breach(1.0)
    assert breach is not None
    assert not breach.blind
    assert one_of(kind) in breach.text
    found.take(interim(HOSTS[0], {one_of(kind): 1.0}), 1.1)
    assert found.breach(1.1) is None


def test_an_agent_that_is_not_heard_ends_it_before_all_else() -> None:
    found = watch()
    hear_all(found, 1.0)
    found.take(interim(HOSTS[0], {one_of(FlowClass.SPARED): 9999.0}), 9.0)
    breach = found.breach(9.0)
    assert breach is not None
    assert breach.blind
    assert HOSTS[1] in breach.text


def test_nobody_need_be_heard_before_the_beginning() -> None:
    assert Watch.over(PLAN).breach(100.0) is None


def test_a_stranded_flow_may_be_silent_for_ever() -> None:
    stranded = {one.flow.name: replace(one, kind=FlowClass.STRANDED) for one in PLAN.flows}
    found = Watch(Abort(), stranded, frozenset())
    found.take(interim(HOSTS[0], dict.fromkeys(stranded, 1e9)), 1.0)
    assert found.breach(1.0) is None


def test_what_was_lost_before_the_fault_is_remembered() -> None:
    found = watch()
    names = [one.flow.name for one in PLAN.flows]
    for name in names:
        found.take(interim(HOSTS[0], {name: 3.0}), 0.5)
    assert found.unclean(50.0) == ()
    found.take(interim(HOSTS[0], {names[3]: 80.0}), 0.6)
    found.take(interim(HOSTS[0], {names[3]: 1.0}), 0.7)
    assert found.unclean(50.0) == (names[3],)


def test_a_flow_of_which_nothing_arrived_is_unclean() -> None:
    found = watch()
    for one in PLAN.flows[1:]:
        found.take(interim(HOSTS[0], {one.flow.name: 1.0}), 0.5)
    found.take(interim(HOSTS[0], {PLAN.flows[0].flow.name: 40.0}, received=0), 0.5)
    assert found.unclean(50.0) == (PLAN.flows[0].flow.name,)
