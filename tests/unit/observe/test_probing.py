"""Which flows a probe sends between hosts of a site, and what it leaves out."""

import pytest
from observe_sites import OBSERVED, fabric, models

from rtmctl.base import Exit, PermanentError
from rtmctl.observe.probing import Load, Probing, of_all, of_pairs

LOAD = Load(flows=2, rate_pps=1000, size=128)
CLOSED = {"guest1": "it is not ours (managed: false)"}


def named(*pairs: tuple[str, str], load: Load = LOAD, closed: dict[str, str] = CLOSED) -> Probing:
    return of_pairs(fabric(OBSERVED), models(OBSERVED), pairs, closed, load)


def test_a_pair_is_both_directions_with_as_many_flows_each() -> None:
    found = named(("web1", "web2"), ("web1", "web2"))
    assert [f.name for f in found.flows] == ["web1 → web2 #1", "web1 → web2 #2", "web2 → web1 #1", "web2 → web1 #2"]
    out, back = found.flows[0], found.flows[2]
    assert (out.source_address, out.destination_address) == (back.destination_address, back.source_address)
    assert {(f.rate_pps, f.size, f.source_address.version) for f in found.flows} == {(1000, 128, 4)}


def test_another_ip_version() -> None:
    found = named(("web1", "web2"), load=Load(1, 100, 128, version=6))
    assert {f.source_address.version for f in found.flows} == {6}


WRONG = {
    "unknown": ([("web1", "wep2")], LOAD, "there is no host wep2", Exit.USAGE),
    "itself": ([("web1", "web1")], LOAD, "never leaves", Exit.USAGE),
    "not entered": ([("web1", "guest1")], LOAD, "guest1 cannot be entered: it is not ours", Exit.FAILED),
    "no such version": ([("web1", "db1")], Load(1, 1, 128, version=6), "no IPv6 addresses", Exit.USAGE),
    "filtered": ([("app1", "store1")], LOAD, "gateway filter of app", Exit.REFUSED),
    "other tenant": ([("web1", "app1")], LOAD, "no meeting point", Exit.REFUSED),
    "rate": ([("web1", "web2")], Load(21, 1000, 128), "web1 would send 21,000 packets/s", Exit.USAGE),
    "ports": ([("web1", "web2")], Load(20, 1, 128, port=65500), "no ports beyond", Exit.USAGE),
}


@pytest.mark.parametrize(("pairs", "load", "words", "code"), WRONG.values(), ids=WRONG)
def test_what_was_named_and_cannot_be_measured_is_an_error(
    pairs: list[tuple[str, str]], load: Load, words: str, code: Exit
) -> None:
    with pytest.raises(PermanentError, match=words) as caught:
        named(*pairs, load=load)
    assert caught.value.exit is code


def test_a_pair_of_which_only_one_direction_may_pass_is_refused() -> None:
    """The filters are stateless: what comes back is let through from the port of the service alone."""
    text = OBSERVED.replace("protocol: tcp, ports: [5432]", "protocol: udp, ports: [20000]")
    with pytest.raises(PermanentError, match="the gateway filter of"):
        of_pairs(fabric(text), models(text), [("app1", "store1")], {}, LOAD)


def test_all_is_every_pair_that_may_and_names_the_others() -> None:
    found = of_all(fabric(OBSERVED), models(OBSERVED), CLOSED | {"db1": "it does not run in lab x"}, LOAD)
    ends = {(f.source, f.destination) for f in found.flows}
    assert ends == {(a, b) for a in ("web1", "web2", "any1") for b in ("web1", "web2", "any1") if a != b}
    assert found.missing == ("db1 cannot be entered: it does not run in lab x",)
    assert "guest1 is not ours (managed: false)" in found.left_out
    assert [why for why in found.left_out if why.startswith("app1 and store1: the gateway filter")]
    assert [why for why in found.left_out if "no meeting point" in why]


def test_nobody_to_probe_between_is_said_with_the_reasons() -> None:
    everyone = {host.name: "it does not run" for host in fabric(OBSERVED).hosts}
    with pytest.raises(PermanentError, match="web1 cannot be entered: it does not run"):
        of_all(fabric(OBSERVED), models(OBSERVED), everyone, LOAD)
