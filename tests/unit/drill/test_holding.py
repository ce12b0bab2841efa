"""Many injections under their leases: renewed beside each other, taken back whatever one of them does.

The holders are fakes: what a real one does stands in tests/lab/drill. Time is real, and short.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.device.injection import Held, Holder, HoldState, Injection
from rtmctl.drill.events import Event, ignore
from rtmctl.drill.holding import Holding, not_restored, open_holders, refusals, taken_back
from rtmctl.drill.journal import drill_journal
from rtmctl.store import Store, open_store

LEASE_S = 0.6


@dataclass
class Fake:
    """A Holder whose answers are told beforehand."""

    node: str
    slow_s: float = 0.0
    renew_fails: Exception | None = None
    reverts: list[Exception | HoldState] = field(default_factory=list)
    arm_fails: Exception | None = None
    cannot: str | None = None
    renewed: int = 0
    closed: bool = False

    @property
    def injection(self) -> Injection:
        return Injection(self.node, "silence", {"interfaces": ("swp1",)})

    async def check(self) -> str | None:
        return self.cannot

    async def arm(self, drill: str, lease_s: float) -> Held:
        if self.arm_fails:
            raise self.arm_fails
        return Held(self.injection, drill, HoldState.ARMED, lease_s)

    async def inject(self) -> Held:
        return Held(self.injection, "d1", HoldState.ACTIVE, began_ns=1)

    async def renew(self, lease_s: float) -> Held:
        await asyncio.sleep(self.slow_s)
        if self.renew_fails:
            raise self.renew_fails
        self.renewed += 1
        return Held(self.injection, "d1", HoldState.ACTIVE, lease_s)

    async def revert(self) -> Held:
        answer = self.reverts.pop(0) if self.reverts else HoldState.RESTORED
        if isinstance(answer, Exception):
            raise answer
        return Held(self.injection, "d1", answer)

    async def status(self) -> Held:
        return Held(self.injection, "d1", HoldState.NONE)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store.db"))


def holding(store: Store, *fakes: Fake, said: list[Event] | None = None) -> Holding:
    emit = said.append if said is not None else ignore
    return Holding("d1", fakes, LEASE_S, drill_journal(store, "d1"), emit)


def kinds(store: Store) -> list[tuple[str, str | None]]:
    return [(row.kind, row.device) for row in store.journal("d1")]


def test_each_step_is_written_down_before_it_is_done(store: Store) -> None:
    async def work() -> None:
        held = holding(store, Fake("a"), Fake("b"))
        await held.arm()
        await held.inject()
        await held.revert()

    asyncio.run(work())
    assert kinds(store)[:8] == [
        *(("arm", node) for node in "ab"),
        *(("armed", node) for node in "ab"),
        *(("inject", node) for node in "ab"),
        *(("active", node) for node in "ab"),
    ]
    assert sorted(kinds(store)[8:]) == sorted((kind, node) for kind in ("revert", "restored") for node in "ab")


def test_a_slow_holder_delays_the_renewal_of_no_other(store: Store) -> None:
    slow, quick = Fake("slow", slow_s=10), Fake("quick")

    async def work() -> Holding:
        held = holding(store, slow, quick)
        await held.arm()
        await asyncio.sleep(2.5 * LEASE_S)
        await held.stop_keeping()
        return held

    held = asyncio.run(work())
    assert quick.renewed >= 4
    assert held.lost.is_set()
    assert "slow" in held.why_lost


def test_what_is_held_no_longer_is_known_at_the_next_renewal(store: Store) -> None:
    gone = Fake("a", renew_fails=PermanentError("a: renew: it is restored: asked to"))

    async def work() -> float:
        held = holding(store, gone, Fake("b"))
        await held.arm()
        begun = time.monotonic()
        await asyncio.wait_for(held.lost.wait(), 5 * LEASE_S)
        await held.stop_keeping()
        assert "asked to" in held.why_lost
        return time.monotonic() - begun

    assert asyncio.run(work()) < LEASE_S


def test_one_that_refuses_to_be_armed_lets_none_be_made(store: Store) -> None:
    async def work() -> tuple[Held, ...]:
        held = holding(store, Fake("a"), Fake("b", arm_fails=PermanentError("b: no")))
        with pytest.raises(PermanentError, match="b: no"):
            await held.arm()
        return await held.revert()

    assert not_restored(asyncio.run(work())) == ()


def test_all_are_taken_back_though_one_cannot(store: Store) -> None:
    broken, fine = Fake("a", reverts=[PermanentError("a: the qdisc is another's")]), Fake("b")

    async def work() -> tuple[Held, ...]:
        held = holding(store, broken, fine)
        await held.arm()
        await held.inject()
        return await held.revert()

    found = asyncio.run(work())
    assert [one.injection.node for one in not_restored(found)] == ["a"]
    assert not_restored(found)[0].failure == "a: the qdisc is another's"
    assert ("broken", "a") in kinds(store)


def test_a_machine_that_has_forgotten_the_fault_has_proved_nothing(store: Store) -> None:
    async def work() -> tuple[Held, ...]:
        held = holding(store, Fake("a", reverts=[HoldState.NONE]))
        await held.arm()
        await held.inject()
        return await held.revert()

    assert "unproven" in not_restored(asyncio.run(work()))[0].failure


def test_one_that_does_not_answer_is_asked_again() -> None:
    silent: list[Exception | HoldState] = [TemporaryError("no answer"), OSError("gone")]
    patient = asyncio.run(taken_back(Fake("a", reverts=list(silent)), "d1", 10, ignore))
    assert patient.state is HoldState.RESTORED
    given_up = asyncio.run(taken_back(Fake("a", reverts=[TemporaryError("no answer")] * 9), "d1", 0.0, ignore))
    assert given_up.state is HoldState.BROKEN
    assert "no answer" in given_up.failure
    assert "guard" in given_up.failure


def test_what_cannot_be_made_is_said_of_all() -> None:
    fakes = (Fake("a", cannot="no tbf in this kernel"), Fake("b"), Fake("c", cannot="held by drill d0"))
    found = asyncio.run(refusals(fakes))
    assert found == ("silence on a: no tbf in this kernel", "silence on c: held by drill d0")


def test_none_stays_open_when_one_cannot_be_opened() -> None:
    opened: list[Fake] = []

    async def open_holder(injection: Injection) -> Holder:
        if injection.node == "b":
            raise PermanentError("b: no way to it is known")
        opened.append(Fake(injection.node))
        return opened[-1]

    with pytest.raises(PermanentError, match="no way"):
        asyncio.run(open_holders([Injection("a", "silence"), Injection("b", "silence")], open_holder))
    assert [fake.closed for fake in opened] == [True]
