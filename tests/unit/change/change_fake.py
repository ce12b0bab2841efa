"""A fabric of devices in memory that keep the promises of the real agent: lease, fence, pre-image, revert timer.

It stands where a real device cannot be crashed at a chosen step thousands of times; tests/lab/change runs the same
room against real ones. Time is virtual: `run` uses an event loop whose clock jumps to the next timer.
"""

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rtmctl.base import Exit, PermanentError, TemporaryError
from rtmctl.device.state import BgpSession, DeviceState, LinkState
from rtmctl.device.types import Capabilities, DeviceStatus, Lease, Running, TransactionState
from rtmctl.model.config import DeviceConfig

FULL = Capabilities(revert_timer=True, granularity_s=1, extendable=True, survives_reboot=True)
PENDING = (TransactionState.ARMED, TransactionState.APPLIED)
T = TypeVar("T")


class _NoWait(selectors.DefaultSelector):
    """Tells the loop how long it would have slept instead of sleeping."""

    slept: Callable[[float], None] = staticmethod(lambda _seconds: None)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.slept(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Sleeps take no time: with nothing to do, the clock jumps to the next timer."""

    def __init__(self) -> None:
        self._now = 0.0
        selector = _NoWait()
        selector.slept = self._slept
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def _slept(self, seconds: float) -> None:
        self._now += seconds


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


class Killed(BaseException):
    """rtmctl's process is gone: nothing of it runs any more."""


@dataclass
class FakeDevice:
    """The device itself; it lives on whatever happens to a session."""

    name: str
    text: str
    clock: Callable[[], float] = lambda: asyncio.get_running_loop().time()
    healthy: Callable[[str], bool] = lambda _text: True
    """whether its BGP session is up with this text"""
    commit_s: float = 0.5
    faults: dict[str, str] = field(default_factory=dict)
    """verb to what happens at it: refuse, hang, die, garbage, full"""
    alive: bool = True
    boot: int = 1
    peers: tuple[str, ...] = ("swp1",)
    stopped: tuple[str, ...] = ()
    """daemons that do not run"""
    counting: tuple[str, ...] = ()
    """ports whose packets it counts; each counts all"""
    pps: Callable[[str], float] = lambda _text: 0.0
    """packets a second with this text"""
    packets: float = 0.0
    counted_at: float = 0.0
    holder: str = ""
    fence: int = 0
    lease_until: float = 0.0
    purpose: str = ""
    staged: tuple[str, str] | None = None
    transaction: str | None = None
    state: TransactionState = TransactionState.NONE
    pre: str | None = None
    target: str | None = None
    deadline: float = 0.0
    failure: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    history: list[tuple[float, str]] = field(default_factory=list)
    """(time, text) at every change of what runs"""

    def tick(self) -> None:
        """Do what the watchdog would have done by now."""
        if self.state in PENDING and self.clock() >= self.deadline:
            self.put(self.pre or "", self.deadline)
            self.state, self.failure = TransactionState.REVERTED, "the revert timer ran out unconfirmed"

    def put(self, text: str, at: float | None = None) -> None:
        self.text = text
        self.history.append((self.clock() if at is None else at, text))

    def reboot(self) -> None:
        self.boot += 1
        if self.state in PENDING:
            self.put(self.pre or "")
            self.state, self.failure = TransactionState.REVERTED, "the device rebooted"

    @property
    def hash(self) -> str:
        return config(self.text).hash()

    def lease_now(self) -> Lease | None:
        left = self.lease_until - self.clock()
        return Lease(self.holder, self.fence, left, self.purpose) if self.holder and left > 0 else None

    def check(self, fence: int, alive: bool = False) -> None:
        """As the agent's `check_fence`."""
        if fence != self.fence or not self.holder:
            raise PermanentError(f"fence {fence} is not the newest ({self.fence})", exit=Exit.LOCKED)
        if alive and self.lease_now() is None:
            raise PermanentError(f"the lease with fence {fence} has run out", exit=Exit.LOCKED)


def config(text: str) -> DeviceConfig:
    return DeviceConfig.of({"frr": text})


@dataclass
class Process:
    """One running rtmctl. Killed, nothing of it reaches a device any more."""

    dead: bool = False


@dataclass
class FakeSession:
    device: FakeDevice
    process: Process
    capabilities: Capabilities = FULL

    @property
    def name(self) -> str:
        return self.device.name

    async def _verb(self, verb: str) -> None:
        fault = self.device.faults.get(verb)
        await asyncio.sleep(0.01)
        if self.process.dead:
            raise Killed
        if fault == "die":
            self.device.alive = False
        if fault == "hang":
            await asyncio.sleep(10**6)
        if not self.device.alive:
            raise TemporaryError("connection lost")
        if fault == "garbage":
            json.loads("<html>")
        if fault == "refuse":
            raise PermanentError(f"{verb} refused")
        if fault == "full":
            raise PermanentError("No space left on device")
        self.device.tick()

    async def running(self) -> Running:
        await self._verb("running")
        return Running(config(self.device.text), self.device.hash, "8.4.4")

    async def status(self) -> DeviceStatus:
        await self._verb("status")
        d = self.device
        transaction, state = d.transaction, d.state
        if d.staged and d.staged[0] != d.transaction:
            transaction, state = d.staged[0], TransactionState.STAGED
        return DeviceStatus(
            boot_id=str(d.boot),
            lease=d.lease_now(),
            state=state,
            transaction=transaction,
            pre_hash=config(d.pre).hash() if d.pre is not None else None,
            target_hash=config(d.target).hash() if d.target is not None else None,
            reverts_in_s=max(0.0, d.deadline - d.clock()) if d.state in PENDING else None,
            failure=d.failure,
        )

    async def lease(self, holder: str, ttl_s: float, purpose: str) -> Lease:
        await self._verb("lease")
        d = self.device
        held = d.lease_now()
        if held and held.holder != holder:
            raise TemporaryError(f"held by {held.holder} for {held.expires_in_s:.0f} s more", exit=Exit.LOCKED)
        if not held:
            d.fence += 1
        d.holder, d.purpose, d.lease_until = holder, purpose, d.clock() + ttl_s
        return Lease(holder, d.fence, ttl_s, purpose)

    async def release(self, fence: int) -> None:
        await self._verb("release")
        if self.device.fence == fence:
            self.device.holder = ""

    async def stage(self, transaction: str, fence: int, target: DeviceConfig) -> None:
        await self._verb("stage")
        d = self.device
        d.check(fence, alive=True)
        if d.state in PENDING and d.transaction != transaction:
            raise PermanentError(f"transaction {d.transaction} is {d.state.value}")
        if "syntax error" in target.get("frr"):
            raise PermanentError("line 1: syntax error")
        d.staged = (transaction, target.get("frr"))

    async def commit(
        self, transaction: str, fence: int, pre_hash: str, revert_in_s: float, again: bool = False
    ) -> None:
        await self._verb("commit")
        d = self.device
        chained = False
        if d.transaction == transaction and d.state is not TransactionState.NONE:
            if d.state in (TransactionState.APPLIED, TransactionState.CONFIRMED):
                if not again or d.state is TransactionState.CONFIRMED or (d.staged and d.staged[1] == d.target):
                    return
                chained = True
            elif not (again and d.state is TransactionState.REVERTED):
                raise PermanentError(f"transaction is already {d.state.value}")
        d.check(fence, alive=True)
        if d.state in PENDING and d.transaction != transaction:
            raise PermanentError(f"transaction {d.transaction} is {d.state.value}")
        if not d.staged or d.staged[0] != transaction:
            raise PermanentError("not staged here")
        if not chained:
            if d.hash != pre_hash:
                raise PermanentError("the device has changed since the plan was made", exit=Exit.STALE_PLAN)
            d.pre = d.text
        d.transaction, d.state, d.target, d.failure = transaction, TransactionState.ARMED, d.staged[1], None
        d.deadline = d.clock() + revert_in_s
        await asyncio.sleep(d.commit_s)  # a death of rtmctl here leaves it armed; the watchdog reverts
        if d.faults.get("apply"):
            d.put("half of it\n")
            d.put(d.pre or "")
            d.state, d.failure = TransactionState.REVERTED, "frr: it did not take"
            raise PermanentError("frr: it did not take (reverted, as before)", exit=Exit.ROLLED_BACK)
        d.tick()
        if d.state is not TransactionState.ARMED:
            raise PermanentError("reverted meanwhile", exit=Exit.ROLLED_BACK)
        d.put(d.target)
        d.state = TransactionState.APPLIED
        if d.faults.get("answer") == "hang":
            await asyncio.sleep(10**6)

    async def extend(self, transaction: str, fence: int, revert_in_s: float) -> None:
        await self._verb("extend")
        d = self.device
        d.check(fence)
        if d.transaction != transaction or d.state is not TransactionState.APPLIED:
            raise PermanentError(f"is {d.state.value}")
        d.deadline = d.clock() + revert_in_s

    async def confirm(self, transaction: str, fence: int) -> None:
        await self._verb("confirm")
        d = self.device
        d.check(fence)
        if d.transaction != transaction or d.state not in (TransactionState.APPLIED, TransactionState.CONFIRMED):
            raise PermanentError(f"is {d.state.value}")
        d.state, d.staged = TransactionState.CONFIRMED, None

    async def revert(self, transaction: str, fence: int) -> None:
        await self._verb("revert")
        d = self.device
        d.check(fence)
        if d.transaction != transaction:
            if d.staged and d.staged[0] == transaction:
                d.staged = None
                return
            raise PermanentError(f"transaction {transaction} is not the one on the device")
        if d.state is TransactionState.REVERTED:
            return
        if d.faults.get("restore"):
            d.state, d.failure = TransactionState.BROKEN, "the bridge stayed"
            raise PermanentError("the bridge stayed", exit=Exit.STATE_UNKNOWN)
        await asyncio.sleep(d.commit_s)
        d.put(d.pre or "")
        d.state = TransactionState.REVERTED

    async def show(self, command: str) -> str:
        await self._verb("show")
        return command

    async def state(self) -> DeviceState:
        await self._verb("state")
        d = self.device
        up = "Established" if d.healthy(d.text) else "Active"
        sessions = tuple(BgpSession("default", peer, 65000, up, 1.0, 9, ()) for peer in d.peers)
        now = d.clock()
        d.packets, d.counted_at = d.packets + d.pps(d.text) * (now - d.counted_at), now
        counts = (int(d.packets), 0, 0, 0, 0, 0)
        links = tuple(LinkState(p, "default", True, True, 1500, "", (), *counts) for p in d.counting)
        return DeviceState(d.name, "8.4.4", str(d.boot), links, (), sessions, (), (), (), (), (), (), stopped=d.stopped)

    async def note(self, key: str) -> Any:
        await self._verb("note")
        return self.device.notes.get(key)

    async def set_note(self, key: str, value: Any, fence: int = 0) -> None:
        await self._verb("set_note")
        if not key.startswith("audit"):
            self.device.check(fence)
        self.device.notes[key] = value

    async def close(self) -> None:
        return


class FakeFabric:
    """Devices by name, and the way to connect to them."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.devices = {name: FakeDevice(name, text) for name, text in texts.items()}

    def __getitem__(self, name: str) -> FakeDevice:
        return self.devices[name]

    async def connect(self, name: str) -> FakeSession:
        return await self.connect_as(Process(), name)

    async def connect_as(self, process: Process, name: str) -> FakeSession:
        device = self.devices[name]
        if process.dead:
            raise Killed
        await asyncio.sleep(0.01)
        fault = device.faults.get("connect")
        if fault == "hang":
            await asyncio.sleep(10**6)
        if fault == "login":
            raise PermanentError("login refused")
        if fault == "hostkey":
            raise PermanentError("the host key has changed")
        if not device.alive or fault:
            raise TemporaryError("connection refused")
        return FakeSession(device, process)

    def texts(self) -> dict[str, str]:
        for device in self.devices.values():
            device.tick()
        return {name: device.text for name, device in self.devices.items()}


async def settle(fabric: FakeFabric) -> None:
    """Let every timer run out."""
    latest = max((d.deadline for d in fabric.devices.values() if d.state in PENDING), default=0.0)
    await asyncio.sleep(max(0.0, latest - asyncio.get_running_loop().time()) + 0.1)
    fabric.texts()
