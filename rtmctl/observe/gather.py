"""Reads the states of many devices at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable

from rtmctl.base import PermanentError, RtmctlError
from rtmctl.device import Endpoint, connect
from rtmctl.device.state import DeviceState

CONCURRENT_DEVICES = 32


@runtime_checkable
class StateSession(Protocol):
    """The part of a device session that observing needs."""

    async def state(self) -> DeviceState: ...

    async def close(self) -> None: ...


Opener = Callable[[str], Awaitable[StateSession]]
"""Opens the session of a device by its name."""


class Sessions:
    """Open sessions by device, kept over several readings; a device that failed is tried anew each time."""

    def __init__(self, devices: frozenset[str], opener: Opener) -> None:
        self.devices = devices
        self._opener = opener
        self._open: dict[str, StateSession] = {}
        self._gate = asyncio.Semaphore(CONCURRENT_DEVICES)

    async def get(self, device: str) -> StateSession:
        """Raises PermanentError or TemporaryError when the device does not let us in."""
        if device not in self._open:
            self._open[device] = await self._opener(device)
        return self._open[device]

    async def read(self) -> tuple[dict[str, DeviceState], dict[str, str]]:
        """(states, device to why it could not be read)."""
        states: dict[str, DeviceState] = {}
        failures: dict[str, str] = {}

        async def one(device: str) -> None:
            async with self._gate:
                try:
                    states[device] = await (await self.get(device)).state()
                except RtmctlError as error:
                    failures[device] = error.message
                    await self._drop(device)

        await asyncio.gather(*(one(device) for device in sorted(self.devices)))
        return dict(sorted(states.items())), failures

    async def _drop(self, device: str) -> None:
        session = self._open.pop(device, None)
        if session is not None:
            await _close(session)

    async def close(self) -> None:
        await asyncio.gather(*(_close(session) for session in self._open.values()))
        self._open.clear()


async def _close(session: StateSession) -> None:
    try:
        await session.close()
    except RtmctlError:
        return  # it is gone already, which is what was wanted


def opener_of(endpoints: Mapping[str, Endpoint]) -> Opener:
    """An opener of real sessions; a device without an endpoint is a device that cannot be read."""

    async def opener(device: str) -> StateSession:
        endpoint = endpoints.get(device)
        if endpoint is None:
            raise PermanentError("no way to it is known")
        session = await connect(endpoint)
        if not isinstance(session, StateSession):
            raise PermanentError(f"platform {endpoint.platform} has no reader of live state")
        return session

    return opener
