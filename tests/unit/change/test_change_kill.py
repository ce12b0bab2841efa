"""rtmctl dies at every journal entry; recover, on another machine with an empty store, never leaves a mixed state."""

import asyncio
import functools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from change_fake import FakeFabric, Killed, Process, run, settle
from change_site import ALL, NEW, OLD, plan_for

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, CommitMode, OpenChange, Outcome, Timing, apply, recover
from rtmctl.change.journal import Entry
from rtmctl.device.types import TransactionState
from rtmctl.store import Store, open_store

TIMING = Timing(window_s=5, stagger_s=2, lease_ttl_s=6, step_timeout_s=3, commit_timeout_s=5)


class KillingJournal:
    """Writes nothing; dies when it has been given so many entries."""

    def __init__(self, process: Process, die_at: int | None = None) -> None:
        self.process = process
        self.die_at = die_at
        self.entries: list[tuple[Entry, str | None]] = []

    def append(self, kind: Entry, device: str | None = None, detail: str = "") -> None:
        del detail
        self.entries.append((kind, device))
        if len(self.entries) == self.die_at:
            self.process.dead = True
            raise Killed


async def apply_and_die(devices: FakeFabric, store: Store, options: ApplyOptions, die_at: int | None) -> KillingJournal:
    process = Process()
    journal = KillingJournal(process, die_at)
    connect = functools.partial(devices.connect_as, process)
    try:
        await apply(plan_for(devices), connect, store, options=options, journal=journal)
    except BaseException as death:
        if not process.dead:
            raise
        assert isinstance(death, Killed | BaseExceptionGroup)
    return journal


def entries_of_a_whole_run(options: ApplyOptions, store: Store) -> list[tuple[Entry, str | None]]:
    return run(apply_and_die(FakeFabric(OLD), store, options, None)).entries


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """In memory where there is such a folder: these tests write thousands of synced entries."""
    numbers = iter(range(10_000))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield lambda: open_store(f"{folder}/{next(numbers)}.db")


@pytest.mark.parametrize("wait", [False, True], ids=["at once", "after the timers"])
def test_killed_at_every_entry(new_store: Callable[[], Store], wait: bool) -> None:
    options = ApplyOptions(timing=TIMING)
    first, second = new_store(), new_store()
    whole = entries_of_a_whole_run(options, first)
    assert {kind for kind, _ in whole} >= {Entry.LEASE, Entry.STAGE, Entry.COMMIT, Entry.DECIDING, Entry.CONFIRM}

    async def go(die_at: int) -> None:
        devices = FakeFabric(OLD)
        journal = await apply_and_die(devices, first, options, die_at)
        if wait:
            await settle(devices)
        report = await recover(devices.connect, ALL, second, site="test", timing=TIMING)
        decided = Entry.DECIDED_COMMIT in {kind for kind, _ in journal.entries}
        assert devices.texts() == (NEW if decided else OLD), journal.entries[-1]
        assert report.exit is Exit.DONE
        await settle(devices)
        assert devices.texts() == (NEW if decided else OLD), "after the timers"
        again = await recover(devices.connect, ALL, second, site="test", timing=TIMING)
        assert again.results == (), "a settled change is left alone"
        await asyncio.sleep(TIMING.lease_ttl_s)
        next_one = await apply(plan_for(devices), devices.connect, second, options=options)
        assert next_one.outcome is (Outcome.NOTHING if decided else Outcome.CONFIRMED)
        assert devices.texts() == NEW

    for die_at in range(1, len(whole) + 1):
        run(go(die_at))


def test_killed_with_commit_by_wave_leaves_whole_waves(new_store: Callable[[], Store]) -> None:
    options = ApplyOptions(timing=TIMING, commit=CommitMode.WAVE)
    first, second = new_store(), new_store()
    waves = [wave.devices for wave in plan_for(FakeFabric(OLD)).stages[0].waves]

    async def go(die_at: int) -> None:
        devices = FakeFabric(OLD)
        await apply_and_die(devices, first, options, die_at)
        await settle(devices)
        await recover(devices.connect, ALL, second, site="test", timing=TIMING)
        texts = devices.texts()
        for wave in waves:
            assert len({texts[name] == NEW[name] for name in wave}) == 1, (die_at, texts)

    for die_at in range(1, len(entries_of_a_whole_run(options, first)) + 1):
        run(go(die_at))


def test_a_silent_participant_does_not_mix(new_store: Callable[[], Store]) -> None:
    """leaf1 is cut off when recover runs first, and comes back for the second."""
    options = ApplyOptions(timing=TIMING)
    first, second = new_store(), new_store()

    async def go(die_at: int) -> None:
        devices = FakeFabric(OLD)
        journal = await apply_and_die(devices, first, options, die_at)
        devices["leaf1"].alive = False
        report = await recover(devices.connect, ALL, second, site="test", timing=TIMING)
        assert report.exit is Exit.STATE_UNKNOWN
        assert report.silent == ("leaf1",)
        answering = {name: text for name, text in devices.texts().items() if name != "leaf1"}
        assert answering in [{name: side[name] for name in answering} for side in (OLD, NEW)], journal.entries[-1]
        for result in report.results:
            (said,) = [one.message for one in result.devices if one.device == "leaf1"]
            assert "when it answers again: rtmctl net recover" in said
            assert ("brings it to the new one" in said) == (answering == {name: NEW[name] for name in answering})
            assert "leaf1" in result.hint
        await settle(devices)
        devices["leaf1"].alive = True
        report = await recover(devices.connect, ALL, second, site="test", timing=TIMING)
        assert report.exit is Exit.DONE
        assert devices.texts() in (OLD, NEW), journal.entries[-1]
        if Entry.DECIDED_COMMIT in {kind for kind, _ in journal.entries}:
            assert devices.texts() == NEW

    for die_at in range(1, len(entries_of_a_whole_run(options, first)) + 1, 2):
        run(go(die_at))


def test_a_lease_lasts_while_a_silent_participant_is_awaited(new_store: Callable[[], Store]) -> None:
    """leaf1 takes connections and never answers, longer than a lease; the others must be changed again meanwhile."""
    options = ApplyOptions(timing=TIMING)
    first, second = new_store(), new_store()
    whole = entries_of_a_whole_run(options, first)
    decided = 1 + [kind for kind, _ in whole].index(Entry.DECIDED_COMMIT)

    async def go() -> None:
        devices = FakeFabric(OLD)
        await apply_and_die(devices, first, options, decided)
        await settle(devices)
        devices["leaf1"].faults["connect"] = "hang"
        timing = replace(TIMING, lease_ttl_s=2)
        report = await recover(devices.connect, ALL, second, site="test", timing=timing)
        assert report.silent == ("leaf1",)
        assert devices.texts() == {**NEW, "leaf1": OLD["leaf1"]}, report.results

    run(go())


@pytest.mark.parametrize("died", [False, True], ids=["waits", "died"])
def test_a_change_that_waits_is_asked_about(new_store: Callable[[], Store], died: bool) -> None:
    """One that its rtmctl left behind is not: it is undone as ever."""
    options = ApplyOptions(timing=TIMING, confirm_within_s=100, by="ann@desk")
    asked: list[tuple[str, float]] = []

    def no(change: OpenChange) -> bool:
        asked.append((change.manifest.by, change.waits or 0.0))
        return False

    async def go() -> None:
        devices = FakeFabric(OLD)
        store = new_store()
        if died:
            whole = len((await apply_and_die(FakeFabric(OLD), store, options, None)).entries)
            await apply_and_die(devices, store, options, whole - 6)
        else:
            await apply(plan_for(devices), devices.connect, store, options=options)
        report = await recover(devices.connect, ALL, store, site="test", timing=TIMING, agree=no)
        assert devices.texts() == (OLD if died else NEW)
        assert bool(report.left) is not died
        assert report.exit is Exit.DONE
        report = await recover(devices.connect, ALL, store, site="test", timing=TIMING)
        assert devices.texts() == OLD

    run(go())
    assert died or (asked[0][0] == "ann@desk" and 90 < asked[0][1] <= 100)
    assert not (died and asked)


@pytest.mark.parametrize("known", [False, True], ids=["empty store", "its own store"])
def test_what_somebody_confirms_while_the_question_is_asked_stays(new_store: Callable[[], Store], known: bool) -> None:
    options = ApplyOptions(timing=TIMING, confirm_within_s=100)

    async def go() -> None:
        devices, store = FakeFabric(OLD), new_store()
        await apply(plan_for(devices), devices.connect, store if known else new_store(), options=options)

        def confirmed_meanwhile(_change: OpenChange) -> bool:
            for device in devices.devices.values():
                device.state, device.staged = TransactionState.CONFIRMED, None
            return True

        report = await recover(devices.connect, ALL, store, site="test", timing=TIMING, agree=confirmed_meanwhile)
        assert devices.texts() == NEW
        assert [one.outcome for one in report.results] == [Outcome.NOTHING]
        assert report.exit is Exit.DONE
        assert [row.outcome for row in store.changes("test")] == ["confirmed"]

    run(go())
