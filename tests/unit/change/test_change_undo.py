"""What an undo may not do: keep the timer it waits for alive, end sessions under a step, call a lost device old."""

from pathlib import Path
from typing import Any

import pytest
from change_fake import FakeFabric, FakeSession, run
from change_site import NEW, OLD, plan_for

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Standing, Timing, apply
from rtmctl.change.results import ChangeResult
from rtmctl.device.types import Lease, TransactionState
from rtmctl.store import Store, open_store

OPTIONS = ApplyOptions(timing=Timing(window_s=20, stagger_s=5, lease_ttl_s=10, step_timeout_s=3, commit_timeout_s=15))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store.db"))


async def applied(devices: FakeFabric, store: Store) -> ChangeResult:
    return await apply(plan_for(devices), devices.connect, store, options=OPTIONS)


def test_a_timer_that_is_waited_for_runs_out(store: Store) -> None:
    """leaf1 is changed, then refuses to revert when leaf2 fails: its own timer does it, and is not pushed out."""

    async def go() -> ChangeResult:
        devices = FakeFabric(OLD)
        devices["leaf1"].faults = {"revert": "refuse"}
        devices["leaf2"].faults = {"commit": "refuse"}
        result = await applied(devices, store)
        assert devices.texts() == OLD
        return result

    result = run(go())
    assert result.exit is Exit.ROLLED_BACK, result
    assert {o.device: o.message for o in result.devices}["leaf1"] == "reverted by its own timer"


def test_a_lease_outlasts_any_step(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit three times as long as the lease: renewed beside it, under one fence, and its session stays open."""
    during: list[int] = []
    renew = FakeSession.lease

    async def watched(self: FakeSession, holder: str, ttl_s: float, purpose: str) -> Lease:
        lease = await renew(self, holder, ttl_s, purpose)
        if self.name == "leaf1" and self.device.state is TransactionState.ARMED:
            during.append(lease.fence)
        return lease

    monkeypatch.setattr(FakeSession, "lease", watched)
    slow = Timing(window_s=50, stagger_s=5, lease_ttl_s=10, step_timeout_s=3, commit_timeout_s=40)

    async def go() -> dict[str, str]:
        devices = FakeFabric(OLD)
        devices["leaf1"].commit_s = 30
        result = await apply(plan_for(devices), devices.connect, store, options=ApplyOptions(timing=slow))
        assert result.exit is Exit.DONE
        return devices.texts()

    assert run(go()) == NEW
    assert len(during) >= 6 and len(set(during)) == 1


def test_a_device_that_forgot_its_change_is_not_called_old(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removes leaf1's state directory after its commit, so that nothing there can undo it."""
    commit = FakeSession.commit

    async def then_forget(self: FakeSession, *args: Any, **kwargs: Any) -> None:
        await commit(self, *args, **kwargs)
        if self.name == "leaf1":
            self.device.transaction, self.device.state, self.device.staged = None, TransactionState.NONE, None

    monkeypatch.setattr(FakeSession, "commit", then_forget)

    async def go() -> ChangeResult:
        devices = FakeFabric(OLD)
        devices["leaf2"].faults = {"commit": "refuse"}
        return await applied(devices, store)

    result = run(go())
    assert result.exit is Exit.STATE_UNKNOWN
    assert {o.device: o.standing for o in result.devices}["leaf1"] is Standing.UNKNOWN
