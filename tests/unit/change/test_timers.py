"""Timers follow from what was measured and from the model."""

from dataclasses import replace

import pytest

from rtmctl.change.transaction import timers
from rtmctl.fabric import allocate, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.model import build_models
from rtmctl.model.types import BfdProfile, BgpInstance, DeviceModel, Neighbor


@pytest.fixture(scope="module")
def leaf(tmp_path_factory: pytest.TempPathFactory) -> DeviceModel:
    root = tmp_path_factory.mktemp("site")
    (root / "site.yaml").write_text("site: s\nswitches: {spine1: {role: spine}, leaf1: {role: leaf, rack: r1}}\n")
    site = load_site(root)
    return build_models(derive(site, allocate(site, read_lock(root))))["leaf1"]


def one_session(
    leaf: DeviceModel, peer: Neighbor, connect_s: int = 5, advertisement_interval_s: int = 0
) -> DeviceModel:
    instance: BgpInstance = replace(
        leaf.bgp[0],
        neighbors=(peer,),
        hold_s=9,
        connect_s=connect_s,
        advertisement_interval_s=advertisement_interval_s,
    )
    return replace(leaf, bgp=(instance,), bfd_profiles=(BfdProfile("fast", 100, 300, 3),))


CASES: dict[str, tuple[str | None, dict[str, int], float]] = {
    "BFD detects": ("fast", {}, 0.9 + 5),
    "without BFD the hold time does": (None, {}, 9 + 5),
    "a slow connect": ("fast", {"connect_s": 30}, 0.9 + 30),
    "updates are held back": ("fast", {"advertisement_interval_s": 4}, 0.9 + 5 + 4),
}


@pytest.mark.parametrize("case", CASES)
def test_the_slowest_session_counts(leaf: DeviceModel, case: str) -> None:
    profile, bgp, seconds = CASES[case]
    peer = replace(leaf.bgp[0].neighbors[0], bfd_profile=profile)
    slow = one_session(leaf, peer, **bgp)
    quick = one_session(leaf, replace(peer, bfd_profile="fast"), connect_s=0)
    assert timers.sessions_return_s([quick, slow]) == pytest.approx(seconds + timers.BGP_S)


def test_no_model_takes_the_default() -> None:
    assert timers.sessions_return_s([]) == timers.SESSIONS_S


@pytest.mark.parametrize("commit_s", [0.5, 4.0, 60.0])
def test_a_partner_reverts_only_when_the_first_forwards_again(commit_s: float) -> None:
    assert timers.stagger_s(commit_s, 6.0) == pytest.approx(1.5 * (commit_s + 6.0))
    window = timers.window_s(commit_s, 20)
    assert window >= 60 and window >= 1.5 * commit_s
    worst = timers.worst_s(window, 10, 4, commit_s, 6.0)
    assert worst == pytest.approx(window + 30 + commit_s + 6)


def test_confirming_needs_the_more_the_more_waves() -> None:
    assert timers.confirm_needs_s(0.1, 0.2, 1) == pytest.approx(1.5 * (0.2 + 0.8))
    assert timers.confirm_needs_s(0.1, 0.2, 5) == pytest.approx(1.5 * (0.2 + 5 * 0.8))
