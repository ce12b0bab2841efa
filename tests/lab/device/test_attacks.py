"""Whatever befalls a device between a change and its end, it comes back to what it was: files, kernel, nothing left.

Each case is done to a device that runs an unconfirmed change; the fixture compares it before and after.
"""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rtmctl.device import errors
from rtmctl.device.frr.install import agent_file
from rtmctl.device.frr.session import FrrSession
from rtmctl.lab import Lab
from rtmctl.model.config import DeviceConfig
from tests.lab.device.conftest import AGENT, LEAFS, Device
from tests.lab.device.hooks import AGAIN, IS_ASLEEP, NOT_YET, QUICK, slow
from tests.lab.device.test_transaction import change

WATCHDOG = 'dog=$(cat /run/rtmctl/watchdog.lock); guardian=$(awk "{print \\$4}" /proc/$dog/stat); '
FOLDERS = "/etc /var/lib/rtmctl"
READ_ONLY = f"for d in {FOLDERS}; do mount --bind $d $d; mount -o remount,bind,ro $d; done"
WRITABLE = f"for d in {FOLDERS}; do mount -o remount,bind,rw $d; done"
STATE = "/var/lib/rtmctl"
FRR = "/usr/lib/frr/frrinit.sh"


def wait_untouched(device: Device) -> None:
    """Nobody asks the agent: only the disk is read until the change is undone."""
    device.sh(f"for i in $(seq 300); do grep -q reverted {STATE}/record.json && exit; sleep 0.1; done; exit 1")


def reboot(device: Device) -> None:
    device.lab.reboot(device.name)


def reboot_within_the_undo(device: Device) -> None:
    device.sh(IS_ASLEEP)
    device.lab.reboot(device.name)


def newer_agent(device: Device) -> None:
    """Another version of the file in its place, then the old watchdog is killed: its guardian goes on with its own."""
    newer = agent_file().replace(b"VERSION = 1\n", b"VERSION = 9\n")
    assert newer != agent_file()
    done = device.lab.run(
        device.name, "sh", "-c", f"base64 -d > {AGENT}.new && chmod 755 {AGENT}.new", stdin=b64(newer)
    )
    assert done.returncode == 0
    device.sh(f"cp -p {AGENT} {AGENT}.was; mv {AGENT}.new {AGENT}; {WATCHDOG} kill -9 $dog")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True, slots=True)
class Attack:
    then: str = ""
    """done to the device once the change is applied"""
    before: str = ""
    act: Callable[[Device], None] | None = None
    """likewise, from outside"""
    after: str = ""
    """clean up"""
    asks: bool = True
    """its end is learnt by asking the agent; else nobody does before it is undone"""
    timer_s: float = 2
    limit_s: float = 60
    says: str = "ran out"
    next_change: bool = False
    """another one, undone by hand: the device is fit for it"""


ATTACKS = {
    "watchdog killed": Attack(WATCHDOG + "kill -9 $dog", asks=False),
    "guardian killed": Attack(WATCHDOG + "kill -9 $guardian", asks=False),
    "guardian, then watchdog killed": Attack(
        WATCHDOG + "kill -9 $guardian; sleep 1; " + WATCHDOG + "kill -9 $dog", asks=False
    ),
    "both killed at once": Attack(WATCHDOG + "kill -9 $guardian $dog"),
    "watchdog stopped": Attack(WATCHDOG + "kill -STOP $dog", asks=False),
    "both stopped": Attack(WATCHDOG + "kill -STOP $guardian $dog"),
    "state directory removed": Attack(f"rm -rf {STATE}", asks=False),
    "disk full": Attack(
        f"dd if=/dev/zero of={STATE}/fill bs=1k count=4000 2>/dev/null; true",
        before=f"mount -t tmpfs -o size=2m tmpfs {STATE}",
        after=f"umount {STATE}",
    ),
    "no inode left": Attack(
        f"i=0; while touch {STATE}/x$i 2>/dev/null; do i=$((i+1)); done; [ $i -gt 3 ]",
        before=f"mount -t tmpfs -o nr_inodes=40 tmpfs {STATE}",
        after=f"umount {STATE}",
    ),
    "disk read-only": Attack(READ_ONLY, after=WRITABLE, next_change=True),
    "record damaged": Attack(f"echo x > {STATE}/record.json; echo x > {STATE}/pre.json"),
    "FRR dead at the undo": Attack(
        f"{FRR} stop >/dev/null 2>&1; (sleep 8; {FRR} start >/dev/null 2>&1 </dev/null) >/dev/null 2>&1 &",
        limit_s=90,
    ),
    "ifreload hangs at the undo": Attack(AGAIN, before=slow(1000) + NOT_YET, after=QUICK),
    "power off": Attack(act=reboot, timer_s=300, says="rebooted"),
    "power off within the undo": Attack(
        AGAIN,
        before=slow(1000) + NOT_YET,
        act=reboot_within_the_undo,
        after=QUICK,
        says="rebooted",
    ),
    "another agent installed": Attack(act=newer_agent, after=f"mv {AGENT}.was {AGENT}"),
}


async def next_change(session: FrrSession, config: DeviceConfig) -> None:
    transaction, fence = await change(session, config)
    await session.revert(transaction, fence)


@pytest.fixture
def node(lab: Lab, attack: str) -> Device:
    """The two versions of FRR take turns."""
    return Device(lab, LEAFS[len(attack) % 2])


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_comes_back(device: Device, wanted: DeviceConfig, attack: str) -> None:
    case = ATTACKS[attack]
    device.sh(case.before)
    try:

        async def work(session: FrrSession) -> None:
            await change(session, wanted, revert_in_s=case.timer_s)

        device.do(work)
        device.sh(case.then)
        if case.act:
            case.act(device)
        if not case.asks:
            wait_untouched(device)
        assert case.says in device.wait("reverted", limit_s=case.limit_s)["failure"]
    finally:
        device.sh(case.after)
    if case.next_change:
        device.do(lambda session: next_change(session, wanted))


@pytest.mark.parametrize("attack", ["a step longer than its lease"])
def test_a_step_longer_than_its_lease_keeps_it(device: Device, wanted: DeviceConfig, attack: str) -> None:
    device.sh(slow(6))
    try:

        async def work(session: FrrSession) -> None:
            fence = (await session.lease("slow", 2, "test")).fence
            running = await session.running()
            await session.stage("slow-1", fence, wanted)
            commit = asyncio.create_task(session.commit("slow-1", fence, running.hash, 60))
            begun = time.monotonic()
            while not commit.done():
                lease = await session.lease("slow", 2, "test")
                assert lease.fence == fence and lease.expires_in_s > 1
                await asyncio.sleep(0.5)
            await commit
            assert time.monotonic() - begun > 6
            await session.revert("slow-1", fence)

        device.do(work)
    finally:
        device.sh(QUICK)


@pytest.mark.parametrize("attack", ["a reboot within the commit"])
def test_a_reboot_within_the_commit(device: Device, wanted: DeviceConfig, attack: str) -> None:
    device.sh(slow(1000))
    try:

        async def work(session: FrrSession) -> None:
            dying = asyncio.create_task(change(session, wanted, revert_in_s=300))
            await asyncio.to_thread(device.sh, IS_ASLEEP)
            await asyncio.to_thread(device.lab.reboot, device.name)
            session._channel.connection.abort()
            with pytest.raises(errors.DeviceError):
                await dying

        device.do(work)
        assert "rebooted" in device.wait("reverted")["failure"]
    finally:
        device.sh(QUICK)


@pytest.mark.parametrize("attack", ["a disk that is read-only at the next boot"])
def test_a_boot_from_a_read_only_disk_shows_the_old_files(device: Device, wanted: DeviceConfig, attack: str) -> None:
    """The boot is played by another boot id in the record; a true one follows, from a disk that can be written."""
    device.do(lambda session: change(session, wanted, revert_in_s=300))
    device.sh(
        WATCHDOG + "kill -9 $guardian $dog; "
        f'sed -i \'s/"boot_id": "[^"]*"/"boot_id": "earlier"/\' {STATE}/record.json /run/rtmctl/state/record.json; '
        + READ_ONLY
    )
    try:
        assert device.agent("boot") == {"restored": True}
        assert "vni900" not in device.sh("cat /etc/network/interfaces") and "OWN" not in device.sh(
            "cat /etc/frr/frr.conf"
        )
        assert device.agent("status")["state"] == "reverted"
    finally:
        device.sh(WRITABLE)
    device.lab.reboot(device.name)
