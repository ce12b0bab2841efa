"""Taking the health of the devices around a change: a baseline, then a look after each wave."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from rtmctl.change.events import OnEvent, Waiting
from rtmctl.change.fleet import Fleet, successes
from rtmctl.change.health import SignalKey, SignalKind, Worse, compare, signals
from rtmctl.change.options import Timing
from rtmctl.change.plan_types import DevicePlan
from rtmctl.device.state import DeviceState
from rtmctl.model.types import DeviceModel


class Checkup:
    """Baseline and comparison over the same devices."""

    def __init__(
        self,
        fleet: Fleet,
        names: Iterable[str],
        *,
        timing: Timing,
        emit: OnEvent,
        stop: asyncio.Event,
    ) -> None:
        self._fleet = fleet
        self._names = sorted(set(names))
        self._targets: Mapping[str, DeviceModel] = {}
        self._texts: Mapping[str, str] = {}
        self._timing = timing
        self._emit = emit
        self._stop = stop
        self._states: dict[str, DeviceState] = {}
        self.baseline: dict[SignalKey, float] = {}

    async def take_baseline(self) -> None:
        """A device that does not answer has no baseline, and cannot get worse."""
        self._states = await self._read()
        self.baseline = signals(self._states)

    def expect(self, targets: Mapping[str, DeviceModel], texts: Mapping[str, str]) -> None:
        """What devices are to run when the next look is taken: by models, by texts where there is none."""
        self._targets = targets
        self._texts = {name: text for name, text in texts.items() if name not in targets}

    def follow(self, part: DevicePlan) -> None:
        """From here on a session that is new with this part is looked for as the one that it joins or stands in for."""
        for new, old in part.comes:
            was = self.baseline.get(SignalKey(part.device, SignalKind.BGP, old))
            if was is not None:
                self.baseline.setdefault(SignalKey(part.device, SignalKind.BGP, new), was)
        for kind in (SignalKind.BGP, SignalKind.BFD):
            for old in part.ends:
                self.baseline.pop(SignalKey(part.device, kind, old), None)

    async def wait_healthy(
        self, soak_s: float, pending: Collection[tuple[str, str]] = frozenset()
    ) -> tuple[Worse, ...]:
        """Look until nothing is worse, at most `health_wait_s`; then look again after the soak.

        Args:
            pending: (device, session) of sessions that cannot be up before a later wave.

        Returns:
            what is still worse; empty when the wave is healthy. Ends early when a stop is asked for.
        """
        if not self.baseline:
            return ()
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timing.health_wait_s
        pause = 0.25
        while True:
            found = await self._look(pending)
            left = until - loop.time()
            if not found or left <= 0 or self._stop.is_set():
                break
            self._emit(Waiting(f"{len(found)} signals to come back, {found[0]}", left))
            await self._sleep(min(pause, left))
            pause = min(2.0, pause * 2)
        if found or not soak_s:
            return found
        until = loop.time() + soak_s
        while (left := until - loop.time()) > 0 and not self._stop.is_set():
            self._emit(Waiting("soak", left))
            await self._sleep(min(5.0, left))
        return await self._look(pending)

    async def _look(self, pending: Collection[tuple[str, str]]) -> tuple[Worse, ...]:
        states = await self._read()
        packets = {
            SignalKey(name, SignalKind.ERRORS, link.name): link.rx_packets + link.tx_packets
            for name, state in states.items()
            for link in state.links
        }
        # a spine that waits for all its sessions has no routes either
        waiting = {device for device, _ in pending}
        baseline = {
            key: value
            for key, value in self.baseline.items()
            if not (key.kind in (SignalKind.BGP, SignalKind.BFD) and (key.device, key.subject) in pending)
            and not (key.kind is SignalKind.EVPN and key.device in waiting)
        }
        return compare(baseline, signals(states), self._targets, texts=self._texts, packets=packets)

    async def _read(self) -> dict[str, DeviceState]:
        results = await self._fleet.each(
            self._names, "health", lambda device: device.state(), self._timing.step_timeout_s
        )
        return successes(results)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
