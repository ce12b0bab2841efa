"""Ctrl-C and SIGTERM while a change or a drill runs: the first asks for the undo.

The second leaves the undo to the devices and goes; where the work is `patient`, it changes nothing any more.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Stop(asyncio.Event):
    """Set by the first signal; `signal` is its number, None when something else has set it."""

    signal: int | None = None

    @property
    def by_keyboard(self) -> bool:
        return self.signal == signal.SIGINT


def run_stoppable(work: Callable[[Stop], Coroutine[Any, Any, _T]], *, patient: bool = False) -> _T:
    """Run the coroutine that `work` makes of a stop event, from synchronous code.

    The first SIGINT or SIGTERM sets the event, the second cancels unless the work is patient. Handlers are those of
    before when this returns.
    """

    async def main() -> _T:
        stop = Stop()
        task = asyncio.ensure_future(work(stop))

        def interrupted(number: int) -> None:
            if stop.is_set() and not patient:
                task.cancel()
            elif not stop.is_set():
                stop.signal = number
                stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, interrupted, number)
        try:
            return await task
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    return asyncio.run(main())
