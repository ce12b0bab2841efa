"""Whatever dies whenever: once the timers have run and recover has been run, the fabric is old or new, never mixed."""

import asyncio
import functools
import tempfile
from pathlib import Path

from change_fake import FakeFabric, Process, run, settle
from change_site import ALL, NEW, OLD, plan_for
from hypothesis import given, settings
from hypothesis import strategies as st

from rtmctl.base import Exit, RtmctlError
from rtmctl.change import ApplyOptions, Timing, apply, recover
from rtmctl.store import open_store

TIMING = Timing(window_s=5, stagger_s=2, lease_ttl_s=6, step_timeout_s=3, commit_timeout_s=5, health_wait_s=3)
INCIDENTS = st.lists(
    st.tuples(
        st.floats(0, 12),
        st.sampled_from(ALL),
        st.sampled_from(["cut", "back", "reboot", "hang status", "refuse confirm", "full set_note", "heal"]),
    ),
    max_size=6,
)


def strike(devices: FakeFabric, name: str, what: str) -> None:
    device = devices[name]
    if what in ("cut", "back"):
        device.alive = what == "back"
    elif what == "reboot":
        device.reboot()
    elif what == "heal":
        device.faults.clear()
    else:
        fault, verb = what.split()
        device.faults[verb] = fault


@settings(max_examples=60)
@given(INCIDENTS, st.one_of(st.none(), st.floats(0, 12)))
def test_never_mixed(incidents: list[tuple[float, str, str]], dies_at: float | None) -> None:
    async def go(folder: str) -> None:
        devices = FakeFabric(OLD)
        plan = plan_for(devices)
        process = Process()
        loop = asyncio.get_running_loop()
        for at, name, what in incidents:
            loop.call_later(at, strike, devices, name, what)
        work = asyncio.ensure_future(
            apply(
                plan,
                functools.partial(devices.connect_as, process),
                open_store(f"{folder}/a.db"),
                options=ApplyOptions(timing=TIMING),
            )
        )
        if dies_at is not None:
            loop.call_later(dies_at, setattr, process, "dead", True)
            loop.call_later(dies_at, work.cancel)
        try:
            result = await work
            if result.exit is Exit.DONE:
                assert devices.texts() == NEW
            elif result.exit is Exit.ROLLED_BACK:
                assert devices.texts() == OLD
        except (RtmctlError, asyncio.CancelledError):
            pass
        except BaseException:
            if not process.dead:
                raise
        await asyncio.sleep(13)
        for device in devices.devices.values():
            device.alive = True
            device.faults.clear()
        await settle(devices)
        report = await recover(devices.connect, ALL, open_store(f"{folder}/b.db"), site="test", timing=TIMING)
        assert report.exit is Exit.DONE
        await settle(devices)
        assert devices.texts() in (OLD, NEW)

    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        run(go(folder))
