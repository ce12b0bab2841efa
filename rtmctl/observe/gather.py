"""Reads the states of many devices at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from rtmctl.base import RtmctlError
from rtmctl.device.state import DeviceState

CONCURRENT_DEVICES = 32


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


def opener_of(endpoints: Mapping[str, object], connect: Callable[..., Awaitable[StateSession]]) -> Opener:
    """An opener for devices with a known endpoint."""

    async def opener(device: str) -> StateSession:
        return await connect(endpoints[device])

    return opener
