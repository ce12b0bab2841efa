"""rtmctl dies by SIGKILL after its decision, or on its way back: then recovery goes on the same way."""

import asyncio
import time

import pytest

from rtmctl.base import Exit
from rtmctl.change import Standing, make
from rtmctl.change.journal import Entry
from rtmctl.change.reading import read_fleet
from tests.lab.change.killing import DECIDED, GOING_BACK, UNDECIDED, Arena, Kill


def name(kill: Kill) -> str:
    return f"{kill.kind.value} {kill.device}".strip()


def test_every_entry_is_in_a_table(arena: Arena) -> None:
    """A kind of entry that nobody kills at is a gap."""
    assert {w.kill for w in arena.written} == {*UNDECIDED, *DECIDED, *GOING_BACK}
    assert {w.kill for w in arena.written if w.decided} == set(DECIDED)


@pytest.mark.parametrize("kill", DECIDED, ids=name)
def test_killed_after_the_decision_every_device_is_new(arena: Arena, kill: Kill) -> None:
    assert arena.judge(kill, decided=True) == ""


@pytest.mark.parametrize("kill", GOING_BACK, ids=name)
def test_killed_on_the_way_back_every_device_is_old(arena: Arena, kill: Kill) -> None:
    assert arena.judge(kill, decided=False) == ""


def test_a_device_that_reboots_between_decision_and_confirmation_is_new_too(arena: Arena) -> None:
    """Its boot puts the old state back, as no confirmation is on it; recovery goes forward all the same."""
    kill = Kill(Entry.DECIDED_COMMIT)
    assert arena.judge(kill, decided=True, between=lambda: arena.lab.reboot("leaf2")) == ""


def test_a_participant_that_is_silent_after_the_decision(arena: Arena) -> None:
    """leaf2 loses power with the decision on it: the others go forward, it comes up old and follows when asked to."""
    new = arena.other()
    assert arena.kill(Kill(Entry.DECIDED_COMMIT), new) == ""
    arena.lab.power_off("leaf2")
    net = arena.clone(new)
    try:
        report = arena.recover(net)
    finally:
        arena.lab.power_on("leaf2")
    assert report.exit is Exit.STATE_UNKNOWN
    (result,) = report.results
    standings = {one.device: one.standing for one in result.devices}
    assert standings == {"leaf1": Standing.NEW, "leaf2": Standing.UNKNOWN, "leaf3": Standing.NEW}
    assert "rtmctl net recover brings it to the new one" in result.devices[1].message
    assert "leaf2" in result.hint
    end = time.monotonic() + 60
    while asyncio.run(read_fleet(net.connect, ["leaf2"], states=False)).failed:
        assert time.monotonic() < end
        time.sleep(0.5)
    report = arena.recover(net)
    assert report.exit is Exit.DONE, report
    assert asyncio.run(make(net)).empty, "new everywhere"
    assert [row.outcome for row in net.store.changes("change")] == ["confirmed"]
    arena.runs = new
