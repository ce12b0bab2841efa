"""Timers that sessions agreed on, from what real devices printed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rtmctl.device.frr.state import read_state
from rtmctl.device.state import DeviceState
from rtmctl.device.timers import DeployedTimer, deployed_timers

RECORDED = Path(__file__).parent / "recorded"


def state(name: str) -> DeviceState:
    return read_state(json.loads((RECORDED / f"{name}.json").read_text()))


def first(found: DeviceState) -> DeployedTimer:
    return deployed_timers({"leaf1": found})[0]


@pytest.mark.parametrize("name", ["leaf-frr8", "leaf-frr10"])
def test_of_every_session(name: str) -> None:
    found = deployed_timers({"leaf1": state(name)})
    assert [(t.device, t.vrf, t.peer, t.remote) for t in found] == [
        ("leaf1", "default", "swp49", "spine1"),
        ("leaf1", "default", "swp50", "spine2"),
    ]
    assert {t.said for t in found} == {"BFD 3 × max(300, 300) = 900 ms, hold 9 s, advertisement 0 s"}
    assert {(t.keepalive_ms, t.noticed_ms) for t in found} == {(3000, 900)}


def test_detection_is_what_both_ends_ask_for() -> None:
    """RFC 5880 §6.8.4: the far end's multiplier and transmit interval, this end's receive interval."""
    found = state("leaf-frr8")
    slower = tuple(replace(b, remote_multiplier=5, local_rx_ms=50, remote_tx_ms=200, local_tx_ms=10) for b in found.bfd)
    assert first(replace(found, bfd=slower)).detection_ms == 1000
    assert first(replace(found, bfd=slower)).detection == "5 × max(50, 200)"


def test_without_bfd_the_hold_time_is_left() -> None:
    found = state("leaf-frr8")
    for bfd in ((), tuple(replace(b, up=False) for b in found.bfd), tuple(replace(b, vrf="red") for b in found.bfd)):
        timer = first(replace(found, bfd=bfd))
        assert (timer.detection_ms, timer.noticed_ms) == (None, 9000)
        assert timer.said == "no BFD, hold 9 s, advertisement 0 s"


def test_a_session_that_is_down_has_agreed_on_nothing() -> None:
    bundle = json.loads((RECORDED / "leaf-frr8.json").read_text())
    bundle["frr"]["bgp"]["default"]["swp49"]["bgpState"] = "Active"
    timer = first(read_state(bundle))
    assert (timer.up, timer.hold_ms, timer.keepalive_ms) == (False, None, None)
