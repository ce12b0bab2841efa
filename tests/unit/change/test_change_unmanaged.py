"""What is not rtmctl's: whole objects are kept, lines inside managed objects are drift, conflicts are refused."""

from functools import cache

import pytest
from change_site import fabric
from hypothesis import given, settings
from hypothesis import strategies as st

from rtmctl.base import Refused
from rtmctl.change import Plan, PlanOptions, Surroundings, Unmanaged, make_plan
from rtmctl.change.objects import objects, pieces
from rtmctl.change.unmanaged import managed_note
from rtmctl.device.frr.normal import normal_form
from rtmctl.device.types import Running
from rtmctl.model import DeviceConfig, build_models
from rtmctl.render import render


@cache
def rendered() -> DeviceConfig:
    return render(build_models(fabric())["leaf1"])


@cache
def ran() -> DeviceConfig:
    return normal_form(rendered())


def plan(
    running: DeviceConfig,
    target: DeviceConfig,
    note: str | None,
    unmanaged: Unmanaged = Unmanaged.KEEP,
    undoes: str = "",
) -> Plan:
    return make_plan(
        "test",
        fabric(),
        {},
        {"leaf1": target},
        {"leaf1": Running(running, running.hash(), "8.4.4")},
        surroundings=Surroundings(managed={"leaf1": note}),
        options=PlanOptions(unmanaged=unmanaged, made_by="ann", undoes=undoes or None),
        normalise=lambda _device, config: normal_form(config),
        now=lambda: 1.0,
    )


def add(config: DeviceConfig, section: str, text: str) -> DeviceConfig:
    return config.replace(section, config.get(section) + text)


FOREIGN = {
    "interfaces": [
        "auto dum{n}\niface dum{n}\n    link-type dummy\n    address 192.0.2.{n}/32\n",
        "iface br{n}\n    bridge-ports none\n",
    ],
    "frr": [
        "route-map HAND-{n} permit 10\n set metric {n}\nexit\n",
        "ip prefix-list HAND-{n} seq 5 permit 192.0.2.{n}/32\n",
        "ip route 198.51.100.{n}/32 192.0.2.1\n",
        "interface swp{n}\n description by hand\nexit\n",
        "router bgp 64999 vrf hand{n}\n no bgp default ipv4-unicast\nexit\n",
        "vrf hand{n}\n ip route 203.0.113.{n}/32 blackhole\nexit-vrf\n",
        "router ospf\n ospf router-id 192.0.2.{n}\nexit\n",
    ],
    "nftables": ["table inet hand{n} {{\n    chain c {{\n    }}\n}}\n"],
}
OBJECT = st.sampled_from([(s, t) for s, texts in FOREIGN.items() for t in texts])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(OBJECT, st.integers(2, 9), st.integers(0, 99)), max_size=6, unique_by=lambda s: s[:2]),
    st.booleans(),
    st.data(),
)
def test_nothing_foreign_is_lost_and_nothing_ours_survives_its_removal(
    strangers: list[tuple[tuple[str, str], int, int]], known: bool, data: st.DataObject
) -> None:
    running = ran()
    for (section, template), number, place in strangers:
        parts = [piece.text for piece in pieces(section, running.get(section))]
        parts.insert(place % (len(parts) + 1) if section == "interfaces" else len(parts), template.format(n=number))
        running = running.replace(section, "".join(parts))
    running = normal_form(running)
    note = managed_note(rendered()) if known else None
    names = [name for name in objects("interfaces", rendered().get("interfaces")) if name.startswith("swp")]
    gone = data.draw(st.sets(st.sampled_from(names))) if known else set()
    kept = [p.text for p in pieces("interfaces", rendered().get("interfaces")) if p.identity not in gone]
    target = rendered().replace("interfaces", "".join(kept))
    made = plan(running, target, note)
    after = running if made.empty else normal_form(made.stages[0].devices[0].target)
    for section in FOREIGN:
        have, mine = objects(section, after.get(section)), objects(section, normal_form(target).get(section))
        for name, text in objects(section, running.get(section)).items():
            if name not in objects(section, rendered().get(section)):
                assert have.get(name) == text, "nothing foreign is lost"
        assert mine.items() <= have.items(), "ours is as rtmctl says"
    assert not gone & set(objects("interfaces", after.get("interfaces"))), "nothing ours survives its removal"
    assert bool(gone) is not made.empty
    assert plan(after, target, managed_note(target)).empty, "a second apply finds nothing to do"
    swept = plan(after, target, managed_note(target), Unmanaged.REMOVE)
    left = after if swept.empty else normal_form(swept.stages[0].devices[0].target)
    assert left == normal_form(target)


INSIDE = [
    ("interfaces", "iface swp49\n", "iface swp49\n    vrf-netns office\n"),
    ("frr", " bgp ebgp-requires-policy\n", " bgp ebgp-requires-policy\n neighbor 192.0.2.9 remote-as 9\n"),
    (
        "frr",
        "route-map UNDERLAY-OUT permit 10\n",
        "route-map UNDERLAY-OUT permit 5\nroute-map UNDERLAY-OUT permit 10\n",
    ),
    ("sysctl", "net.ipv4.ip_forward = 1\n", "net.ipv4.ip_forward = 1\nnet.ipv4.tcp_syncookies = 1\n"),
]


@pytest.mark.parametrize(("section", "line", "by_hand"), INSIDE)
@pytest.mark.parametrize("known", [True, False])
def test_a_line_inside_a_managed_object_is_drift(section: str, line: str, by_hand: str, known: bool) -> None:
    assert line in ran().get(section)
    running = ran().replace(section, ran().get(section).replace(line, by_hand))
    made = plan(running, rendered(), managed_note(rendered()) if known else None)
    part = made.stages[0].devices[0]
    assert normal_form(part.target) == ran()
    assert not part.unmanaged
    assert (part.added, part.removed) == (0, len(by_hand.splitlines()) - 1)


CONFLICTS = [
    ("interfaces", "auto dum1\niface dum1\n    address {loopback}\n", "has address .* lo's"),
    ("interfaces", "auto brx\niface brx\n    bridge-ports swp49\n", "takes port swp49"),
    ("frr", "router bgp 65009\n neighbor 192.0.2.9 remote-as 9\nexit\n", "router bgp 65009 runs where router bgp"),
]


@pytest.mark.parametrize(("section", "text", "said"), CONFLICTS)
def test_what_conflicts_is_named_and_refused(section: str, text: str, said: str) -> None:
    first = next(line.split()[1] for line in rendered().get("interfaces").splitlines() if " address " in line)
    running = DeviceConfig.of({"frr": "hostname leaf1\n", "interfaces": "", "nftables": "", "sysctl": "", "lldpd": ""})
    running = normal_form(add(running, section, text.format(loopback=first)))
    with pytest.raises(Refused, match=said) as refusal:
        plan(running, rendered(), None)
    assert "--remove-unmanaged" in refusal.value.hint
    assert refusal.value.message.startswith("leaf1: ")
    made = plan(running, rendered(), None, Unmanaged.REMOVE)
    assert normal_form(made.stages[0].devices[0].target) == ran()


def test_our_own_instance_may_change_its_as() -> None:
    running = ran().replace("frr", ran().get("frr").replace("router bgp 4", "router bgp 3"))
    assert not plan(running, rendered(), managed_note(rendered())).empty


def test_a_kept_secret_is_never_written_as_its_hash() -> None:
    foreign = (
        "router bgp 64999 vrf hand\n neighbor 192.0.2.9 remote-as 9\n neighbor 192.0.2.9 password hmac:abc123\nexit\n"
    )
    running = normal_form(add(ran(), "frr", foreign))
    note = managed_note(rendered())
    assert plan(running, rendered(), note).empty, "nothing is written, nothing can be wrong"
    other = rendered().replace("sysctl", "net.ipv4.ip_forward = 1\n")
    with pytest.raises(Refused, match="leaf1: frr: router bgp vrf hand holds a secret"):
        plan(running, other, note)
    made = plan(running, other, note, Unmanaged.REMOVE)
    assert "hmac:" not in made.stages[0].devices[0].target.to_text()


def test_going_back_claims_nothing_that_was_never_ours() -> None:
    running = normal_form(add(ran(), "frr", "ip route 198.51.100.7/32 192.0.2.1\n"))
    after = running.replace("sysctl", "net.ipv4.ip_forward = 0\n")
    made = plan(after, running, managed_note(rendered()), undoes="c1")
    assert "198.51.100.7" not in made.stages[0].devices[0].managed
    assert plan(running, rendered(), made.stages[0].devices[0].managed).empty
