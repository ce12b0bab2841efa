"""A drain held by the switch itself: a change on trial, which the switch undoes unless it is extended.

All that matters is read from the switch, so that a holder opened elsewhere goes on where the first one ended.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rtmctl.base import PermanentError, Refused, StateUnknown
from rtmctl.change import ApplyOptions, ChangeResult, Network, Outcome, Plan, Standing, Timing, carry_out, make_drain
from rtmctl.change.events import Event, OnEvent, WaveBegun, ignore
from rtmctl.change.freeze import refuse_frozen
from rtmctl.change.standing import Holding
from rtmctl.change.trial import Trial
from rtmctl.device.injection import Held, HoldState, Injection, lease_holder
from rtmctl.device.types import TransactionState
from rtmctl.store import DrainRow

_STATES = {
    TransactionState.ARMED: HoldState.ACTIVE,
    TransactionState.APPLIED: HoldState.ACTIVE,
    TransactionState.REVERTED: HoldState.RESTORED,
    TransactionState.BROKEN: HoldState.BROKEN,
    TransactionState.CONFIRMED: HoldState.BROKEN,
}
"""of a transaction that is a drill's; nobody may confirm one, because its traffic would stay away"""


@dataclass
class DrainHolder:
    """`Holder` of the mechanism `drain`. Arguments: strand, accept_outage.

    There is no armed state on the switch: a commit starts the switch's own timer before it changes the first line.
    """

    injection: Injection
    network: Network
    emit: OnEvent = ignore
    now_ns: Callable[[], int] = time.time_ns
    _drill: str = ""
    _lease_s: float = 0.0
    _plan: Plan | None = None
    _trial: Trial | None = None
    _began_ns: int | None = None
    _done_ns: int | None = None
    _reverted_ns: int | None = None

    async def check(self) -> str | None:
        """Why it cannot be drained; plans the drain and changes nothing."""
        try:
            plan = await self._make("check")
            refuse_frozen(self.network.freezes, datetime.fromtimestamp(self.network.now(), UTC), "")
        except Refused as refused:
            return f"{refused.message}; {refused.hint}" if refused.hint else refused.message
        if plan.empty:
            return f"{self.injection.node} is drained already: nothing would change"
        if plan.outages and not self._accepts:
            return f"{'; '.join(plan.outages)}; the option accept_outage=yes goes on anyway"
        return None

    async def arm(self, drill: str, lease_s: float) -> Held:
        """Plan it against what runs now; the switch itself is armed by the change."""
        self._drill, self._lease_s = drill, lease_s
        self._began_ns = self._done_ns = self._reverted_ns = None
        self._plan = await self._make(drill)
        if self._plan.empty:
            raise PermanentError(f"{self.injection.node}: drain: it is drained already, nothing would change")
        return Held(self.injection, drill, HoldState.ARMED, lease_s, before=self._before)

    async def inject(self) -> Held:
        """Returns once traffic has left. Cancelled or failed, the switch goes back by itself within the lease."""
        if self._plan is None:
            raise PermanentError(f"{self.injection.node}: drain: not armed")
        options = ApplyOptions(
            reason=f"drill {self._drill}",
            timing=Timing(window_s=self._lease_s),
            confirm_within_s=self._lease_s,
            accept_outage=self._accepts,
            holder=lease_holder(self._drill),
        )
        result = await carry_out(self.network, self._plan, options, emit=self._watch, kind="drain")
        if result.outcome is Outcome.ARMED:
            raise asyncio.CancelledError
        if result.outcome is not Outcome.UNCONFIRMED:
            raise _failed(self.injection.node, result)
        self._done_ns = self.now_ns()
        return await self.status()

    async def renew(self, lease_s: float) -> Held:
        """Raises PermanentError when the drain has ended. Before it and amid `inject` there is nothing to renew here:
        a change renews its timer itself."""
        if self._plan is not None and self._done_ns is None:
            state = HoldState.ARMED if self._began_ns is None else HoldState.ACTIVE
            return Held(self.injection, self._drill, state, lease_s, self._before, began_ns=self._began_ns)
        return self._held(await self._at_device().extend(lease_s))

    async def revert(self) -> Held:
        """Undrain, now. Twice is as once; what ended by itself is only looked at."""
        trial = self._at_device()
        holding = await trial.look()
        if self._state(holding) in (HoldState.ACTIVE, HoldState.BROKEN):
            if holding.status.state is TransactionState.CONFIRMED:
                return await self.status()
            trial.holder = lease_holder(_drill_of(holding) or self._drill)
            outcome = await trial.undo()
            if outcome.standing is not Standing.OLD:
                raise StateUnknown(f"{self.injection.node}: drain: {outcome.message}", hint="rtmctl net recover")
            self._reverted_ns = self.now_ns()
        return await self.status()

    async def status(self) -> Held:
        """As the switch says; what it runs is hashed again where the drain is over.

        A difference is this drill's only for who made it: whoever comes later may find what others have changed since.
        """
        trial = self._at_device()
        holding = await trial.look()
        held = self._held(holding)
        if held.state is not HoldState.RESTORED:
            return held
        after = (await trial.running()).hash
        if after != held.before and self._plan is not None:
            why = "it does not run what it ran before the drain: somebody has changed it since"
            return self._held(holding, HoldState.BROKEN, after, why)
        return self._held(holding, after=after)

    async def close(self) -> None:
        if self._trial is not None:
            await self._trial.close()
            self._trial = None

    @property
    def _accepts(self) -> bool:
        return bool(self.injection.arguments.get("accept_outage") or self.injection.arguments.get("strand"))

    @property
    def _before(self) -> str:
        parts = [part for stage in self._plan.stages for part in stage.devices] if self._plan else []
        return next((part.pre_hash for part in parts if part.device == self.injection.node), "")

    async def _make(self, drill: str) -> Plan:
        row = DrainRow(self.network.name, self.injection.node, lease_holder(drill), "a drill", self.network.now(), None)
        strand = bool(self.injection.arguments.get("strand"))
        return await make_drain(self.network, row, strand=strand, emit=self.emit)

    def _watch(self, event: Event) -> None:
        if isinstance(event, WaveBegun) and self._began_ns is None:
            self._began_ns = self.now_ns()
        self.emit(event)

    def _at_device(self) -> Trial:
        if self._trial is None:
            self._trial = Trial(self.network, self.injection.node, "", self.emit)
        self._trial.holder = lease_holder(self._drill)
        return self._trial

    def _state(self, holding: Holding) -> HoldState:
        """What the switch holds may be no drill's, or an earlier one's than was armed here."""
        drill = _drill_of(holding)
        if drill is None or (self._drill and drill != self._drill):
            return HoldState.NONE if self._plan is None else HoldState.ARMED
        return _STATES.get(holding.status.state, HoldState.NONE)

    def _held(self, holding: Holding, state: HoldState | None = None, after: str = "", failure: str = "") -> Held:
        state = state or self._state(holding)
        broken = holding.status.failure if state is HoldState.BROKEN else None
        if holding.status.state is TransactionState.CONFIRMED and state is HoldState.BROKEN:
            broken = f"somebody confirmed the drain; rtmctl net undrain {self.injection.node}"
        return Held(
            self.injection,
            _drill_of(holding) or self._drill,
            state,
            holding.status.reverts_in_s if state is HoldState.ACTIVE else None,
            before=holding.status.pre_hash or "",
            after=after,
            began_ns=self._began_ns,
            done_ns=self._done_ns,
            reverted_ns=self._reverted_ns,
            failure=failure or broken or "",
        )


def _drill_of(holding: Holding) -> str | None:
    """The drill whose drain a switch holds; None when what it holds is none."""
    manifest = holding.manifest
    if manifest is None or manifest.id != holding.status.transaction or not manifest.reason.startswith("drill "):
        return None
    return manifest.reason.removeprefix("drill ")


def _failed(node: str, result: ChangeResult) -> PermanentError:
    kind = StateUnknown if result.outcome is Outcome.UNKNOWN else PermanentError
    return kind(f"{node}: drain: {result.message}", hint=result.hint)
