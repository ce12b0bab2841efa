"""`Holder` of one injection by the injector on the machine itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtmctl.device.errors import AgentMissing, ChangeRefused, Garbage, SudoRefused, TimedOut, Unreachable
from rtmctl.device.injecting.channels import Channel, Way
from rtmctl.device.injection import Argument, Held, HoldState, Injection, lease_holder
from rtmctl.device.injector.record import key_of

READ_S = 30.0
STEP_S = 120.0
"""longest time of a step; after it the machine's own lease still stands"""
_NOT_OVER = (HoldState.ARMED, HoldState.ACTIVE, HoldState.BROKEN)


@dataclass(slots=True)
class RemoteHolder:
    """Opens its channel with the first request, and anew after one that was lost."""

    injection: Injection
    way: Way
    drill: str = ""
    fence: int = 0
    """of the agent's lease on a switch that the drill holds; 0: whichever its holder was given"""
    _channel: Channel | None = None
    _beside: Channel | None = None

    @property
    def key(self) -> str:
        return key_of(self.injection.mechanism, _plain(self.injection))

    async def check(self) -> str | None:
        """A machine without an injector refuses by name, with the remedy."""
        asked = {"mechanism": self.injection.mechanism, "arguments": _plain(self.injection)}
        try:
            reason = (await self._request("check", READ_S, **asked))["reason"]
        except (AgentMissing, SudoRefused) as error:
            return f"{error.message}; {error.hint}"
        except ChangeRefused as error:
            return error.cause
        return None if reason is None else str(reason)

    async def arm(self, drill: str, lease_s: float) -> Held:
        asked = {"mechanism": self.injection.mechanism, "arguments": _plain(self.injection), "lease_s": lease_s}
        self.drill = drill
        return self._held(
            await self._request("arm", STEP_S, drill=drill, holder=lease_holder(drill), fence=self.fence, **asked)
        )

    async def inject(self) -> Held:
        return self._held(await self._request("inject", STEP_S, key=self.key, drill=self.drill))

    async def renew(self, lease_s: float) -> Held:
        """Beside a step that is at work, so that none can outlast its own lease."""
        asked = {"key": self.key, "drill": self.drill, "lease_s": lease_s}
        if self._channel is None or not self._channel.at_work:
            return self._held(await self._request("renew", READ_S, **asked))
        if self._beside is None:
            self._beside = await self.way.open()
        try:
            return self._held(await self._beside.request("renew", asked, READ_S))
        except (Unreachable, TimedOut, asyncio.CancelledError):
            self._beside = None
            raise

    async def revert(self) -> Held:
        return self._held(await self._request("revert", STEP_S, key=self.key))

    async def status(self) -> Held:
        answer = await self._request("status", READ_S, key=self.key)
        return self._held(answer["held"][0] if answer["held"] else {"state": "none"})

    async def close(self) -> None:
        for channel in (self._channel, self._beside):
            if channel is not None:
                await channel.close()
        self._channel = self._beside = None

    async def _request(self, verb: str, timeout_s: float, **arguments: Any) -> dict[str, Any]:
        if self._channel is None:
            self._channel = await self.way.open()
        try:
            return await self._channel.request(verb, arguments, timeout_s)
        except (Unreachable, TimedOut, asyncio.CancelledError):
            self._channel = None
            raise

    def _held(self, answer: Mapping[str, Any]) -> Held:
        return held_of(self.injection, answer)


async def leftovers(way: Way) -> tuple[Held, ...]:
    """What drills hold on a machine, or could not take back there; empty too where there is no injector.

    `RemoteHolder(held.injection, way, held.drill)` takes one over.

    Raises:
        DeviceError: the machine does not answer.
    """
    try:
        channel = await way.open()
        try:
            answer = await channel.request("status", {}, READ_S)
        finally:
            await channel.close()
    except (AgentMissing, SudoRefused):
        return ()
    found = (held_of(_injection(way.node, one), one) for one in answer["held"])
    return tuple(held for held in found if held.state in _NOT_OVER)


async def forget(way: Way) -> None:
    """Take away records of drills that are over, and what was sent there.

    Raises:
        StepFailed: something is not over.
    """
    channel = await way.open()
    try:
        await channel.request("gc", {}, READ_S)
    finally:
        await channel.close()
    await way.forget()


def held_of(injection: Injection, answer: Mapping[str, Any]) -> Held:
    """Raises Garbage for what is no answer of an injector."""
    try:
        return Held(
            injection=injection,
            drill=str(answer.get("drill") or ""),
            state=HoldState(answer["state"]),
            expires_in_s=answer.get("expires_in_s"),
            before=answer.get("before", ""),
            after=answer.get("after", ""),
            began_ns=answer.get("began_ns"),
            done_ns=answer.get("done_ns"),
            reverted_ns=answer.get("reverted_ns"),
            failure=answer.get("failure", ""),
        )
    except (KeyError, ValueError) as error:
        raise Garbage(injection.node, "status", f"not a status: {error}") from None


def _injection(node: str, answer: Mapping[str, Any]) -> Injection:
    arguments: dict[str, Argument] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in answer["arguments"].items()
    }
    return Injection(node, answer["mechanism"], arguments)


def _plain(injection: Injection) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in injection.arguments.items()}
