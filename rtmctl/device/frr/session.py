"""`Session` for platform frr: the Protocol's methods as requests to the device's agent."""

import asyncio
from typing import Any

from rtmctl.device.capabilities import CAPABILITIES
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.errors import Garbage, TimedOut, Unreachable
from rtmctl.device.frr.state import read_state
from rtmctl.device.ssh import AgentChannel
from rtmctl.device.state import DeviceState
from rtmctl.device.types import DeviceStatus, Lease, Running, TransactionState
from rtmctl.model.config import DeviceConfig

READ_S = 60.0
CHANGE_S = 300.0
"""longest time of a step that changes the device; after it the device's own timer still stands"""


class FrrSession:
    """Opened by `open`; one SSH connection and one channel, requests in sequence; a second for a lease's renewal."""

    def __init__(self, channel: AgentChannel) -> None:
        self._channel = channel
        self._beside: AgentChannel | None = None
        self.name = channel.device
        self.capabilities = CAPABILITIES["frr"]

    @classmethod
    async def open(cls, endpoint: Endpoint) -> "FrrSession":
        return cls(await AgentChannel.open(endpoint))

    async def request(self, verb: str, timeout_s: float = READ_S, /, **arguments: Any) -> dict[str, Any]:
        """Any verb of the agent; raises the errors of rtmctl.device.errors."""
        return await self._channel.request(verb, arguments, timeout_s)

    async def running(self) -> Running:
        answer = await self.request("running")
        try:
            sections = {str(k): str(v) for k, v in answer["sections"].items()}
            config = DeviceConfig.of(sections)
            raw = DeviceConfig.of({**sections, **answer["raw"]}) if "raw" in answer else None
            return Running(config, str(answer["hash"]), str(answer["version"]), str(answer["mask_key"]), raw)
        except (KeyError, AttributeError) as error:
            raise Garbage(self.name, "running", f"answer without {error}") from None

    async def status(self) -> DeviceStatus:
        return self._status(await self.request("status"))

    def _status(self, answer: dict[str, Any]) -> DeviceStatus:
        try:
            return DeviceStatus(
                boot_id=answer["boot_id"],
                lease=Lease(**answer["lease"]) if answer["lease"] else None,
                state=TransactionState(answer["state"]),
                transaction=answer["transaction"],
                pre_hash=answer["pre_hash"],
                target_hash=answer["target_hash"],
                reverts_in_s=answer["reverts_in_s"],
                failure=answer["failure"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Garbage(self.name, "status", f"not a status: {error}") from None

    async def lease(self, holder: str, ttl_s: float, purpose: str) -> Lease:
        """While a step is at work it goes beside it, so that no step can outlast its own lease."""
        channel = self._channel
        if channel.at_work:
            channel = self._beside = self._beside or await self._channel.second()
        try:
            answer = await channel.request("lease", {"holder": holder, "ttl_s": ttl_s, "purpose": purpose}, READ_S)
        except (Unreachable, TimedOut, asyncio.CancelledError):
            self._beside = None
            raise
        return Lease(**answer["lease"])

    async def release(self, fence: int) -> None:
        await self.request("release", fence=fence)

    async def stage(self, transaction: str, fence: int, target: DeviceConfig) -> None:
        await self.request("stage", CHANGE_S, transaction=transaction, fence=fence, text=target.to_text())

    async def commit(
        self, transaction: str, fence: int, pre_hash: str, revert_in_s: float, again: bool = False
    ) -> None:
        arguments = {"transaction": transaction, "fence": fence, "pre_hash": pre_hash, "revert_in_s": revert_in_s}
        await self.request("commit", CHANGE_S, **arguments, **({"again": True} if again else {}))

    async def extend(self, transaction: str, fence: int, revert_in_s: float) -> None:
        await self.request("extend", transaction=transaction, fence=fence, revert_in_s=revert_in_s)

    async def confirm(self, transaction: str, fence: int) -> None:
        await self.request("confirm", transaction=transaction, fence=fence)

    async def revert(self, transaction: str, fence: int) -> None:
        await self.request("revert", CHANGE_S, transaction=transaction, fence=fence)

    async def show(self, command: str) -> str:
        return str((await self.request("show", command=command))["output"])

    async def state(self) -> DeviceState:
        return read_state(await self.request("state"))

    async def ping(self, target: str, *, vrf: str = "", timeout_s: float = 60.0, **options: Any) -> dict[str, Any]:
        """ping(8) as {rc, output, error}. Options: source, count, size (payload bytes), df, ttl, interval_s."""
        answer = await self.request("ping", timeout_s + READ_S, target=target, vrf=vrf, **options)
        return {"rc": answer["rc"], "output": answer["output"], "error": answer["stderr"]}

    async def note(self, key: str) -> Any:
        """A document kept on the device, None when there is none."""
        return (await self.request("note", action="get", key=key))["value"]

    async def note_keys(self) -> tuple[str, ...]:
        return tuple((await self.request("note", action="list"))["keys"])

    async def set_note(self, key: str, value: Any, fence: int = 0) -> None:
        """Keys that begin with `audit` need no lease; all others its fence number."""
        await self.request("note", action="set", key=key, value=value, fence=fence)

    async def delete_note(self, key: str, fence: int = 0) -> None:
        await self.request("note", action="del", key=key, fence=fence)

    async def gc(self) -> None:
        """Throw away what a finished transaction left on the device; it can no longer be reverted from there."""
        await self.request("gc")

    async def close(self) -> None:
        await self._channel.close()
