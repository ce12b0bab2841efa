"""All injections of one drill, each under its own holder's lease: armed, made, renewed and taken back together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rtmctl.base import RtmctlError, TemporaryError
from rtmctl.change.journal import StoreJournal
from rtmctl.device.injection import Held, Holder, HoldState, Injection, OpenHolder
from rtmctl.drill.events import HoldingStep, OnEvent, Step, Waiting
from rtmctl.drill.journal import Entry

_T = TypeVar("_T")

STEP_S = 30.0
"""longest time of one step on one holder"""
LONG_S = 120.0
"""likewise of making a fault and of taking it back: a switch is drained, a machine has to boot"""
PATIENCE_S = 30.0
"""beyond the lease, for a machine that does not answer when its fault is to be taken back"""
_RENEWALS = 3
"""a lease is renewed so many times before it would run out"""


async def open_holders(injections: Iterable[Injection], open_holder: OpenHolder) -> tuple[Holder, ...]:
    """Beside each other. Raises what opening one raises; none stays open then."""
    results = await asyncio.gather(*(open_holder(one) for one in injections), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        await close_holders(result for result in results if not isinstance(result, BaseException))
        raise failed[0]
    return tuple(result for result in results if not isinstance(result, BaseException))


async def close_holders(holders: Iterable[Holder]) -> None:
    """Never raises: a connection that is gone needs no closing."""
    await asyncio.gather(*(holder.close() for holder in holders), return_exceptions=True)


async def refusals(holders: Iterable[Holder]) -> tuple[str, ...]:
    """Why injections cannot be made here; changes nothing."""
    said = await asyncio.gather(*(_refusal(holder) for holder in holders))
    return tuple(text for text in said if text)


@dataclass(slots=True)
class Holding:
    """The injections between `arm` and `revert`. `lost` is set once one of them is held no longer."""

    drill: str
    holders: Sequence[Holder]
    lease_s: float
    journal: StoreJournal
    emit: OnEvent
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    why_lost: str = ""
    _injected: bool = False
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    async def arm(self) -> tuple[Held, ...]:
        """Arm every holder, and renew from then on. Raises RtmctlError when one refuses: nothing has been changed."""
        armed = await self._all(Step.ARM, Entry.ARM, Entry.ARMED, lambda holder: holder.arm(self.drill, self.lease_s))
        self._keepers = [asyncio.create_task(self._keep(holder)) for holder in self.holders]
        return armed

    async def inject(self) -> tuple[Held, ...]:
        """Raises RtmctlError when one fails: whatever was made must be reverted."""
        self._injected = True
        return await self._all(Step.INJECT, Entry.INJECT, Entry.ACTIVE, lambda holder: holder.inject())

    async def revert(self) -> tuple[Held, ...]:
        """Take everything back, and say how each injection ended: RESTORED, or what is known of it. Never raises."""
        await self.stop_keeping()
        return tuple(await asyncio.gather(*(self._revert(holder) for holder in self.holders)))

    async def stop_keeping(self) -> None:
        keepers, self._keepers = self._keepers, []
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)

    async def _all(
        self, step: Step, before: Entry, after: Entry, do: Callable[[Holder], Awaitable[Held]]
    ) -> tuple[Held, ...]:
        for holder in self.holders:
            self.journal.append(before, holder.injection.node, holder.injection.mechanism)
        limit_s = LONG_S if step is Step.INJECT else STEP_S
        work = (_timed(do(one), one, step, limit_s) for one in self.holders)
        results = await asyncio.gather(*work, return_exceptions=True)
        failure: BaseException | None = None
        for holder, result in zip(self.holders, results, strict=True):
            if isinstance(result, Held):
                self.journal.append(after, holder.injection.node, holder.injection.mechanism)
                self.emit(HoldingStep(step, result, ok=True))
            else:
                failure = failure or result
                held = Held(holder.injection, self.drill, HoldState.NONE)
                self.emit(HoldingStep(step, held, ok=False, message=str(result)))
        if failure is not None:
            raise failure
        return tuple(result for result in results if isinstance(result, Held))

    async def _revert(self, holder: Holder) -> Held:
        injection = holder.injection
        self.journal.append(Entry.REVERT, injection.node, injection.mechanism)
        held = await taken_back(holder, self.drill, self.lease_s + PATIENCE_S, self.emit)
        if held.state is HoldState.NONE and self._injected:
            held = replace(held, state=HoldState.BROKEN, failure="it knows nothing of the fault any more: unproven")
        restored = not not_restored((held,))
        self.journal.append(
            Entry.RESTORED if restored else Entry.BROKEN, injection.node, held.failure or injection.mechanism
        )
        self.emit(HoldingStep(Step.REVERT, held, ok=restored, message=held.failure))
        return held

    async def _keep(self, holder: Holder) -> None:
        """Renew one lease for ever; each holder has a task of its own, so that no slow one delays another."""
        loop = asyncio.get_running_loop()
        runs_out = loop.time() + self.lease_s
        while True:
            await asyncio.sleep(self.lease_s / _RENEWALS)
            asked = loop.time()
            try:
                held = await asyncio.wait_for(holder.renew(self.lease_s), max(runs_out - asked, 0.1))
                runs_out = asked + self.lease_s
                self.emit(HoldingStep(Step.HOLD, held, ok=True))
            except (TemporaryError, TimeoutError, OSError) as error:
                if loop.time() < runs_out:
                    continue
                self._lose(holder, f"its lease could not be renewed in time: {error or 'no answer'}")
                return
            except RtmctlError as error:
                self._lose(holder, error.message)
                return

    def _lose(self, holder: Holder, why: str) -> None:
        self.why_lost = self.why_lost or f"{holder.injection.mechanism} on {holder.injection.node}: {why}"
        self.lost.set()


async def taken_back(holder: Holder, drill: str, patience_s: float, emit: OnEvent) -> Held:
    """Take one injection back; a machine that does not answer is asked again, since its guard may have done it.

    Args:
        patience_s: how long it is asked.

    Returns:
        what it says at last; BROKEN with the reason where it says nothing, or could not. Never raises.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while True:
        try:
            return await _timed(holder.revert(), holder, Step.REVERT, LONG_S)
        except (TemporaryError, OSError) as error:
            failure = str(error)
        except RtmctlError as error:
            return Held(holder.injection, drill, HoldState.BROKEN, failure=error.message)
        left = until - loop.time()
        if left <= 0:
            said = f"{failure}; it was asked for {patience_s:.0f} s, its guard takes the fault back by itself"
            return Held(holder.injection, drill, HoldState.BROKEN, failure=said)
        emit(Waiting(f"{holder.injection.node} to answer", left))
        await asyncio.sleep(min(1.0, left))


async def _refusal(holder: Holder) -> str:
    where = f"{holder.injection.mechanism} on {holder.injection.node}"
    try:
        why = await _timed(holder.check(), holder, Step.GATES)
    except RtmctlError as error:
        why = error.message
    return f"{where}: {why}" if why else ""


async def _timed(work: Awaitable[_T], holder: Holder, step: Step, limit_s: float = STEP_S) -> _T:
    try:
        return await asyncio.wait_for(work, limit_s)
    except TimeoutError:
        node = holder.injection.node
        raise TemporaryError(f"{node}: {step.value}: no answer within {limit_s:g} s") from None


def not_restored(held: Iterable[Held]) -> tuple[Held, ...]:
    """Those whose machine is not known to be as before."""
    return tuple(one for one in held if one.state not in (HoldState.RESTORED, HoldState.NONE))
