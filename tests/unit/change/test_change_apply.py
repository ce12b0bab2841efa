"""Apply against devices in memory: everywhere or nowhere, whatever fails."""

from pathlib import Path

import pytest
from change_fake import FakeFabric, run, settle
from change_site import ALL, NEW, OLD, plan_for

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Outcome, Timing, apply
from rtmctl.store import Store, open_store

FAST = ApplyOptions(timing=Timing(window_s=20, stagger_s=5, lease_ttl_s=10, step_timeout_s=3, commit_timeout_s=10))


FAULTS = [
    ("connect", "login"),
    ("connect", "hostkey"),
    ("running", "die"),
    ("stage", "full"),
    ("commit", "refuse"),
    ("commit", "hang"),
    ("commit", "die"),
    ("commit", "garbage"),
    ("commit", "full"),
    ("apply", "fails"),
    ("answer", "hang"),
    ("set_note", "full"),
]
"""(verb, what happens at it)"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store.db"))


def test_every_device_gets_its_target(store: Store) -> None:
    devices = FakeFabric(OLD)
    result = run(apply(plan_for(devices), devices.connect, store, options=FAST))
    assert result.outcome is Outcome.CONFIRMED, result
    assert devices.texts() == NEW


@pytest.mark.parametrize("victim", ["leaf1", "leaf4", "spine2"])
@pytest.mark.parametrize("fault", FAULTS, ids="-".join)
def test_a_failing_device_brings_all_others_back(store: Store, victim: str, fault: tuple[str, str]) -> None:
    async def go() -> tuple[int, str]:
        devices = FakeFabric(OLD)
        plan = plan_for(devices)
        devices[victim].faults = dict([fault])
        try:
            result = await apply(plan, devices.connect, store, options=FAST)
            found = result.exit, result.message
        except Exception as error:
            found = getattr(error, "exit", None), str(error)
        devices[victim].alive = True
        await settle(devices)
        assert devices.texts() == OLD
        return found

    exit_code, message = run(go())
    assert exit_code in (Exit.ROLLED_BACK, Exit.STATE_UNKNOWN, Exit.FAILED)
    assert victim in message


assert len(ALL) == 6
