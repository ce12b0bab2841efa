"""Every fault planned over an example site, as a text to review; and the answers to wrong targets and options.

`pytest --update-golden` writes the text anew.
"""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.base import Exit, PermanentError
from rtmctl.drill.faults import FAULTS, find_fault
from rtmctl.drill.types import Detection, FaultPlan, Removed, Surroundings
from rtmctl.fabric import derive, read_lock
from rtmctl.intent import load_site
from rtmctl.model import build_models

SITES = Path(__file__).parents[3] / "inventories"
GOLDEN = Path(__file__).parent / "golden" / "faults-waw1.txt"
TARGETS = {
    "LINK": ("spine2:leaf03", "leaf03:spine2"),
    "SWITCH": ("spine1", "leaf03", "border1"),
    "LEAF": ("leaf05",),
    "SPINE": ("spine1",),
    "BORDER": ("border2",),
    "RACK": ("a2",),
    "SEGMENT": ("collect",),
    "SITE|EXTERNAL": ("waw1", "fw1-dmz"),
    "HOST": ("broker1", "bastion1"),
}
"""of waw1; a fault with another kind of target needs a line here"""
MORE = (
    ("link-down", "leaf01:broker1", {}),
    ("silent-link", "broker1:leaf02", {}),
    ("delay", "leaf01:broker1", {"delay_ms": 5}),
    ("one-way-silence", "border1:transit1", {}),
    ("rate-limit", "border1:transit1", {"mbit": 100, "direction": "out"}),
    ("loss", "spine2:leaf03", {"percent": "2.5", "direction": "in"}),
    ("delay", "leaf03:spine2", {"delay_ms": 10, "jitter_ms": 2, "direction": "out"}),
    ("daemon-kill", "leaf03", {"daemon": "zebra"}),
    ("daemon-freeze", "spine1", {"daemon": "bfdd"}),
    ("bgp-reset", "leaf03", {"peer": "spine2"}),
    ("wrong-route", "spine1", {"to": "leaf02"}),
    ("wrong-route", "leaf03", {"to": "203.0.113.0/24", "vrf": "stream"}),
    ("leaked-prefix", "leaf03", {"of": "leaf01"}),
    ("gateway-removed", "collect", {"leaf": "leaf01"}),
    ("leaf", "leaf05", {"how": "silence"}),
    ("spine", "spine1", {"how": "silence"}),
    ("rack", "a2", {"how": "silence"}),
    ("site-isolation", "waw1", {"how": "link-down"}),
    ("drain", "spine1", {"accept_outage": "yes"}),
    ("nic-loss", "broker1", {"nic": "eth1", "percent": 100}),
    ("clock-step", "broker1", {"step_s": "-0.5"}),
    ("disk-full", "broker1", {"folder": "/var//spool/", "size_mb": 1}),
)


@cache
def around(site: str = "waw1") -> Surroundings:
    fabric = derive(load_site(SITES / site), read_lock(SITES / site))
    return Surroundings(fabric, build_models(fabric))


def needed(fault: str) -> dict[str, str]:
    return {option.name: "java" for option in FAULTS[fault].options if option.required}


def lines(fault: str, plan: FaultPlan) -> str:
    """One fault as a person reviews it."""
    words = [(one, ", ".join(f"{name}={value}" for name, value in one.arguments.items())) for one in plan.injections]
    held = [f"    {one.node}: {one.mechanism} {said}".rstrip() for one, said in words]
    beyond = "" if plan.touches is None else f"; met by {without(plan.touches)}"
    momentary = ", momentary" if plan.momentary else ""
    told = f"    {plan.detection.value}{momentary}; without {without(plan.removed)}{beyond}"
    return "\n".join([f"{fault} {plan.target}: {plan.said}", *held, told])


def without(removed: Removed) -> str:
    ports = (f"{leaf}/{port}" for leaf, port in removed.host_ports)
    return ", ".join(sorted((*removed.devices, *removed.links, *removed.hosts, *ports))) or "nothing"


def test_every_fault_over_the_example_site(request: pytest.FixtureRequest) -> None:
    wanted = [(name, target, needed(name)) for name, fault in FAULTS.items() for target in TARGETS[fault.target]]
    text = "\n".join(
        lines(name, FAULTS[name].plan(around(), target, options)) for name, target, options in (*wanted, *MORE)
    )
    if request.config.getoption("--update-golden"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text + "\n")
    assert text + "\n" == GOLDEN.read_text(), "pytest --update-golden, then review"


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_plan_names_is_there(name: str) -> None:
    fabric = around().fabric
    ports = {d.name: {p.name for p in around().models[d.name].ports} for d in fabric.devices}
    ports = {n: found | {svi.name for svi in around().models[n].svis} for n, found in ports.items()}
    ports |= {host.name: {link.nic for link in host.links} for host in fabric.hosts}
    for target in TARGETS[FAULTS[name].target]:
        plan = FAULTS[name].plan(around(), target, needed(name))
        assert plan.fault == name
        assert plan.injections
        for one in plan.injections:
            interfaces = one.arguments.get("interfaces", ())
            assert set(interfaces) <= ports[one.node], one  # type: ignore[arg-type]
            assert "eth0" not in interfaces or one.node in {host.name for host in fabric.hosts}, "a management port"
        met = plan.met
        assert met.devices | met.links | met.hosts | met.host_ports, "nobody could tell which flows meet it"
        assert met.links <= {link.identity for link in fabric.links}


def test_a_link_is_held_by_the_end_named_first() -> None:
    here, there = (FAULTS["one-way-silence"].plan(around(), t, {}) for t in ("spine1:leaf01", "leaf01:spine1"))
    assert [one.node for plan in (here, there) for one in plan.injections] == ["spine1", "leaf01"]
    assert here.removed == there.removed == Removed(links=frozenset({"spine1:leaf01"}))


@pytest.mark.parametrize(
    ("switch", "daemon", "detection"),
    [
        ("spine1", "bgpd", Detection.NONE),
        ("leaf01", "bgpd", Detection.ENDURED),
        ("leaf01", "bfdd", Detection.ENDURED),
        ("leaf01", "zebra", Detection.NONE),
    ],
)
def test_a_killed_daemon_strands_who_hangs_on_one_leaf(switch: str, daemon: str, detection: Detection) -> None:
    plan = FAULTS["daemon-kill"].plan(around(), switch, {"daemon": daemon})
    assert plan.detection is detection
    assert plan.met.devices == {switch}


UNKNOWN = (
    ("link-down", "spine1:leaf3", "'spine1:leaf03'"),
    ("link-down", "leaf01:leaf02", "leaf01"),
    ("link-down", "leaf01:broker3", "leaf01:broker1"),
    ("link-down", "leaf01", "leaf01"),
    ("link-down", "", "known: "),
    ("link-down", "spine1:leaf01:x", "'spine1:leaf01'"),
    ("switch-power-off", "laef01", "'leaf01'"),
    ("leaf", "border1", "known: leaf01, leaf02"),
    ("spine", "leaf01", "known: spine1, spine2"),
    ("border", "leaf01", "known: border1, border2"),
    ("rack", "b1", "'a1'|known: a1"),
    ("gateway-removed", "colect", "'collect'"),
    ("site-isolation", "transit3", "'transit2'|'transit1'"),
    ("host-power-off", "brokre1", "'broker1'"),
    ("nic-loss", "spine1", "did you mean"),
    ("drain", "SPINE1", "'spine1'|known: "),
)


@pytest.mark.parametrize(("fault", "target", "hint"), UNKNOWN)
def test_an_unknown_target_is_answered_with_the_nearest(fault: str, target: str, hint: str) -> None:
    with pytest.raises(PermanentError, match=r"^there is no ") as raised:
        FAULTS[fault].plan(around(), target, needed(fault))
    assert raised.value.exit is Exit.USAGE
    assert raised.value.hint
    assert any(part in raised.value.hint for part in hint.split("|")), raised.value.hint


def test_a_site_without_borders_says_so() -> None:
    with pytest.raises(PermanentError) as raised:
        FAULTS["border"].plan(around("demo"), "border1", {})
    assert raised.value.hint == "the site has no border"


WRONG = (
    ("link-down", "transit1:border1", {}, "transit1 is not the site's own", "name border1 first"),
    ("delay", "border1:transit1", {}, "transit1 is not the site's own", "direction=out"),
    ("loss", "spine1:leaf01", {"persent": 1}, "loss has no option 'persent'", "'percent'"),
    ("link-down", "spine1:leaf01", {"percent": 1}, "link-down has no option 'percent'", "no options"),
    ("loss", "spine1:leaf01", {"percent": 0}, "'percent' is 0, expected a number from 0.01 to 100", "share"),
    ("loss", "spine1:leaf01", {"percent": 101}, "expected a number from 0.01 to 100", "share"),
    ("loss", "spine1:leaf01", {"percent": "nan"}, "expected a number", "share"),
    ("loss", "spine1:leaf01", {"percent": "1e999"}, "expected a number", "share"),
    ("loss", "spine1:leaf01", {"percent": True}, "'percent' is True, expected a number", "share"),
    ("loss", "spine1:leaf01", {"percent": ("1",)}, "expected a number", "share"),
    ("loss", "spine1:leaf01", {"direction": "up"}, "expected both or out or in", "which packets"),
    ("delay", "spine1:leaf01", {"delay_ms": 1, "jitter_ms": 2}, "jitter_ms is larger", "at most"),
    ("mtu-shrunk", "spine1:leaf01", {"mtu": 1400.5}, "expected a whole number from 1280 to 9216", "bytes"),
    ("daemon-kill", "spine1", {"daemon": "sshd"}, "expected bgpd or bfdd", "daemon of FRR"),
    ("bgp-reset", "leaf01", {"peer": "leaf02"}, "leaf01 has no session with 'leaf02'", "spine"),
    ("wrong-route", "leaf01", {"to": "leaf01"}, "'leaf01' is this switch itself", "leaf"),
    ("wrong-route", "leaf01", {"to": "10.0.0.1/8"}, "is no prefix and no other leaf", "known"),
    ("wrong-route", "spine1", {"vrf": "stream"}, "spine1 has no VRF 'stream'", "default"),
    ("leaked-prefix", "leaf01", {"vrf": "stream"}, "which prefix has to be said", "ADDRESS/LENGTH"),
    ("gateway-removed", "collect", {"leaf": "spine1"}, "segment collect is not on 'spine1'", "leaf"),
    ("drain", "spine1", {"strand": "maybe"}, "'strand' is 'maybe', expected yes or no", "hosts"),
    ("process-kill", "broker1", {}, "process-kill needs the option 'process'", ""),
    ("process-kill", "broker1", {"process": ""}, "expected a text on one line", "ps -o comm"),
    ("process-kill", "broker1", {"process": "a\nb"}, "expected a text on one line", "ps -o comm"),
    ("nic-loss", "broker1", {"nic": "eth9"}, "broker1 has no network card 'eth9'", "eth1"),
    ("clock-step", "broker1", {"step_s": 0}, "a step of 0 s is none", "forward or back"),
    ("disk-full", "broker1", {"folder": "/"}, "is not the absolute path of a folder below /", "without"),
    ("disk-full", "broker1", {"folder": "var/x"}, "is not the absolute path", "without"),
    ("disk-full", "broker1", {"folder": "/var/../etc"}, "is not the absolute path", "without"),
    ("cpu-pressure", "broker1", {"workers": -1}, "expected a whole number from 0 to 1024", "processor"),
)


@pytest.mark.parametrize(("fault", "target", "options", "said", "hint"), WRONG)
def test_a_wrong_option_says_what_was_expected(
    fault: str, target: str, options: dict[str, object], said: str, hint: str
) -> None:
    with pytest.raises(PermanentError) as raised:
        FAULTS[fault].plan(around(), target, options)  # type: ignore[arg-type]
    assert said in raised.value.message
    assert hint in raised.value.hint
    assert raised.value.exit is Exit.USAGE


VALUES = st.one_of(st.text(max_size=200), st.integers(), st.floats(), st.booleans(), st.tuples(st.text(max_size=9)))


@given(
    name=st.sampled_from(sorted(FAULTS)),
    target=st.one_of(st.text(max_size=300), st.sampled_from([t for found in TARGETS.values() for t in found])),
    values=st.lists(VALUES, min_size=6, max_size=6),
)
def test_whatever_somebody_writes_is_planned_or_answered(name: str, target: str, values: list[object]) -> None:
    fault = FAULTS[name]
    options = dict(zip((option.name for option in fault.options), values, strict=False))
    try:
        plan = fault.plan(around(), target, options)  # type: ignore[arg-type]
    except PermanentError as error:
        assert len(error.message) < 400
        assert error.message.isprintable(), error.message
    else:
        assert plan.said.isprintable()


def test_an_unknown_fault_is_answered_with_the_nearest() -> None:
    with pytest.raises(PermanentError, match="there is no fault 'link-dwon'") as raised:
        find_fault("link-dwon")
    assert raised.value.hint == "did you mean 'link-down'?"
    assert find_fault("drain") is FAULTS["drain"]
