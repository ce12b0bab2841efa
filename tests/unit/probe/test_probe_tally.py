"""What an agent counts of a flow, against counting with everything in view; and its own lateness and clock."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtmctl.probe.agent import effort, tally
from rtmctl.probe.agent.effort import Keeper, Steps
from rtmctl.probe.agent.tally import Minima, Received, Times, bucket


def counted(arrivals: list[int]) -> Received:
    """Packet n is due at n ms and takes 1 ms."""
    found = Received()
    for at, number in enumerate(arrivals):
        found.add(number, number * 1_000_000, number * 1_000_000, at * 1_000_000 + 1)
    return found


def runs(numbers: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=80))
def test_gaps_order_and_duplicates_are_those_of_the_whole_list(arrivals: list[int]) -> None:
    said = counted(arrivals).report(7)
    firsts = [n for at, n in enumerate(arrivals) if n not in arrivals[:at]]
    assert said["count"] == len(set(arrivals))
    assert said["duplicates"] == len(arrivals) - len(set(arrivals))
    assert said["reordered"] == sum(n < max(firsts[:at]) for at, n in enumerate(firsts) if at)
    assert said["highest"] == max(arrivals)
    assert [(a, b) for a, b, _ in said["gaps"]] == runs(set(range(max(arrivals))) - set(arrivals))


def test_a_gap_ends_with_the_packet_that_showed_it() -> None:
    assert counted([0, 1, 5, 3, 6]).report(0)["gaps"] == [(2, 2, 2_000_001), (4, 4, 2_000_001)]


def test_more_gaps_than_are_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "GAPS_KEPT", 3)
    said = counted([0, 2, 4, 6, 8, 10]).report(0)
    assert (len(said["gaps"]), said["gaps_cut"], said["count"]) == (3, 2, 6)


@given(st.integers(-(10**9), 10**9))
def test_a_bucket_is_at_most_1_6_percent_off(value: int) -> None:
    assert abs(bucket(value) - value) <= abs(value) * 0.016


def test_times_are_fine_although_the_clocks_are_hours_apart() -> None:
    times = Times()
    for took_us in (100, 150, 90):
        times.add(-7_200_000_000_000 + took_us * 1000)
    said = times.report()
    assert said is not None
    assert [value + 7_200_000_000 for value, _ in said["values"]] == [90, 100, 150]


def test_minima_cover_any_time_in_bounded_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MINIMA_KEPT", 10)
    minima = Minima()
    for second in range(1, 1001):
        minima.add(second * 1_000_000_000, 50_000 if second == 500 else 90_000)
    said = minima.report()
    assert len(said) <= 10
    assert [took for _, took in said].count(50.0) == 1


MS = 1_000_000


def test_one_stall_is_one_however_many_packets_it_made_late() -> None:
    keeper = Keeper(20 * MS)
    for due, late in ((0, 1), (10, 60), (11, 59), (12, 58), (69, 1), (200, 25)):
        keeper.sent(late * MS, due * MS)
    said = keeper.report()
    assert said["stalls"] == [[10.0, 60.0], [200.0, 25.0]]
    assert (said["stall_count"], said["worst_late_ms"]) == (2, 60.0)


def test_a_stamp_later_than_we_thought_is_a_stall_too() -> None:
    keeper = Keeper(20 * MS)
    keeper.sent(1 * MS, 0)
    keeper.left(30 * MS, 0)
    assert keeper.report()["stall_count"] == 1


def test_a_clock_that_is_set_and_set_back_was_stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps()
    real = time.time_ns
    steps.look()
    assert steps.worst_ns < 100 * MS
    monkeypatch.setattr(effort.time, "time_ns", lambda: real() + 500 * MS)
    steps.look()
    monkeypatch.setattr(effort.time, "time_ns", real)
    steps.look()
    assert steps.worst_ns == pytest.approx(500 * MS, abs=100 * MS)
