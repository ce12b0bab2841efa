"""Ctrl-C and SIGTERM while a change runs: the first asks for the undo, the second leaves it armed and goes."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


def run_stoppable(work: Callable[[asyncio.Event], Coroutine[Any, Any, _T]]) -> _T:
    """Run the coroutine that `work` makes of a stop event, from synchronous code.

    The first SIGINT or SIGTERM sets the event, the second cancels. Handlers are those of before when this returns.
    """

    async def main() -> _T:
        stop = asyncio.Event()
        task = asyncio.ensure_future(work(stop))

        def interrupted() -> None:
            if stop.is_set():
                task.cancel()
            stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupted)
        try:
            return await task
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    return asyncio.run(main())
