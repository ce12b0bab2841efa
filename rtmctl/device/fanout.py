"""The same work on many devices, a bounded number at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from rtmctl.base import RtmctlError

K = TypeVar("K")
R = TypeVar("R")


async def fan_out(
    items: Iterable[K], work: Callable[[K], Awaitable[R]], at_once: int = 32
) -> tuple[dict[K, R], dict[K, RtmctlError]]:
    """Results and operator errors by item; one item's error stops no other. Anything but RtmctlError is raised."""
    gate = asyncio.Semaphore(at_once)
    results: dict[K, R] = {}
    failures: dict[K, RtmctlError] = {}

    async def one(item: K) -> None:
        async with gate:
            try:
                results[item] = await work(item)
            except RtmctlError as error:
                failures[item] = error

    async with asyncio.TaskGroup() as group:
        for item in items:
            group.create_task(one(item))
    return results, failures
