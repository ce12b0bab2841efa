"""Sessions to the devices of one change: opened together, called together, every failure named by device and step."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from rtmctl.base import Exit, RtmctlError, TemporaryError
from rtmctl.change.errors import StepFailed
from rtmctl.device.errors import DeviceError
from rtmctl.device.types import Session

_T = TypeVar("_T")


class Device(Session, Protocol):
    """A session with what the transaction needs beside: notes that outlive the session, and a second commit.

    Notes are small texts by key, kept on the device across reboots until overwritten.
    """

    async def commit(
        self, transaction: str, fence: int, pre_hash: str, revert_in_s: float, again: bool = False
    ) -> None:
        """`again`: the transaction has been here before; apply what is staged now, the first pre-image stays."""
        ...

    async def note(self, key: str) -> Any: ...
    async def set_note(self, key: str, value: Any, fence: int = 0) -> None: ...


Connect: TypeAlias = Callable[[str], Awaitable[Device]]
"""opens a session to the device of that name"""

Results: TypeAlias = Mapping[str, _T | StepFailed]


class Fleet:
    """Calls to many devices at once. A session that failed is opened anew at the next call."""

    def __init__(self, connect: Connect, *, connect_timeout_s: float = 10, parallel: int = 64) -> None:
        self._connect = connect
        self._connect_timeout_s = connect_timeout_s
        self._sessions: dict[str, Device] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._gate, self._renewals = asyncio.Semaphore(parallel), asyncio.Semaphore(parallel)
        self._steps: Counter[str] = Counter()

    async def call(
        self, name: str, step: str, do: Callable[[Device], Awaitable[_T]], timeout_s: float, *, beside: bool = False
    ) -> _T:
        """Run `do` on the device's session within the time.

        Args:
            beside: another step may be at work on that session: neither wait for it nor, on failure, close it.

        Raises:
            StepFailed: whatever went wrong: no connection, an error of the device, garbage, no answer in time.
        """
        async with self._renewals if beside else self._gate, self._noted(name, beside):
            session = await self._session(name, step)
            try:
                async with asyncio.timeout(timeout_s):
                    return await do(session)
            except RtmctlError as error:
                if isinstance(error, TemporaryError) and error.exit is not Exit.LOCKED:
                    await self._drop(name, beside)
                raise _step_failed(name, step, error) from error
            except TimeoutError as error:
                await self._drop(name, beside)
                raise StepFailed(name, step, f"no answer within {timeout_s:g} s") from error
            except (OSError, EOFError) as error:
                await self._drop(name, beside)
                raise StepFailed(name, step, str(error) or type(error).__name__) from error
            except ValueError as error:
                await self._drop(name, beside)
                raise StepFailed(name, step, f"its answer cannot be read: {error}") from error

    async def each(
        self,
        names: Iterable[str],
        step: str,
        do: Callable[[Device], Awaitable[_T]],
        timeout_s: float,
        *,
        beside: bool = False,
    ) -> dict[str, _T | StepFailed]:
        """`call` on all of them at once; failures are values, so that one does not hide another."""

        async def one(name: str) -> _T | StepFailed:
            try:
                return await self.call(name, step, do, timeout_s, beside=beside)
            except StepFailed as failure:
                return failure

        ordered = list(names)
        return dict(zip(ordered, await asyncio.gather(*(one(name) for name in ordered)), strict=True))

    async def close(self) -> None:
        for name in list(self._sessions):
            await self._drop(name)

    async def _session(self, name: str, step: str) -> Device:
        async with self._opening.setdefault(name, asyncio.Lock()):
            if name not in self._sessions:
                try:
                    async with asyncio.timeout(self._connect_timeout_s):
                        self._sessions[name] = await self._connect(name)
                except RtmctlError as error:
                    raise _step_failed(name, step, error) from error
                except TimeoutError as error:
                    raise StepFailed(name, step, f"no connection within {self._connect_timeout_s:g} s") from error
                except OSError as error:
                    raise StepFailed(name, step, f"no connection: {error}") from error
            return self._sessions[name]

    @contextlib.asynccontextmanager
    async def _noted(self, name: str, beside: bool) -> AsyncIterator[None]:
        self._steps[name] += not beside
        try:
            yield
        finally:
            self._steps[name] -= not beside

    async def _drop(self, name: str, beside: bool = False) -> None:
        if beside and self._steps[name]:
            return
        session = self._sessions.pop(name, None)
        if session is None:
            return
        try:
            async with asyncio.timeout(2):
                await session.close()
        except (RtmctlError, OSError, TimeoutError):
            return  # it is broken already; there is nothing to lose in it


def _step_failed(name: str, step: str, error: RtmctlError) -> StepFailed:
    """The device's own words without a second naming of device and step."""
    reason = error.cause if isinstance(error, DeviceError) else error.message
    return StepFailed(name, step, reason, hint=error.hint, ends_with=error.exit)


def failures(results: Results[_T]) -> tuple[StepFailed, ...]:
    """The failed ones, in the order of the calls."""
    return tuple(result for result in results.values() if isinstance(result, StepFailed))


def successes(results: Results[_T]) -> dict[str, _T]:
    return {name: result for name, result in results.items() if not isinstance(result, StepFailed)}
