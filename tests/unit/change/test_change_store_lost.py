"""The store fills up or goes away amid a change: old everywhere before the decision, new everywhere after."""

from pathlib import Path
from typing import Any

import pytest
from change_fake import FakeFabric, run
from change_site import NEW, OLD, plan_for

from rtmctl.base import RtmctlError
from rtmctl.change import ApplyOptions, Outcome, Timing, apply
from rtmctl.store import Store, StoreError, open_store

FAST = ApplyOptions(timing=Timing(window_s=20, stagger_s=5, lease_ttl_s=10, step_timeout_s=3, commit_timeout_s=10))


class FillsUp:
    """A store that takes so many writes and then no more."""

    def __init__(self, store: Store, writes: int) -> None:
        self._store = store
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name not in ("append", "end_change", "audit", "begin_change"):
            return real

        def write(*args: Any, **words: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise StoreError("the disk of the store is full")
            return real(*args, **words)

        return write


@pytest.mark.parametrize("writes", range(0, 60, 3))
def test_never_mixed(tmp_path: Path, writes: int) -> None:
    devices = FakeFabric(OLD)
    store: Any = FillsUp(open_store(str(tmp_path / "store.db")), writes)
    try:
        result = run(apply(plan_for(devices), devices.connect, store, options=FAST))
    except RtmctlError:
        assert devices.texts() == OLD, "nothing was changed, it says"
        return
    assert result.outcome in (Outcome.REVERTED, Outcome.CONFIRMED), result
    assert devices.texts() == (NEW if result.outcome is Outcome.CONFIRMED else OLD), result
    if result.outcome is Outcome.REVERTED:
        assert "full" in result.message
