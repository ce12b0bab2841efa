"""What ends a change that runs: Ctrl-C, which is answered at once, and a lab that is taken down under it."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rtmctl.base import PermanentError
from rtmctl.change import run_stoppable
from rtmctl.change.events import Note, OnEvent
from rtmctl.lab import Lab

_T = TypeVar("_T")
_HEARD = (
    "interrupted: undoing at the next safe point, or finishing what is decided already; "
    "once more leaves the undo to the devices' timers"
)


def stoppable(emit: OnEvent, work: Callable[[asyncio.Event], Coroutine[Any, Any, _T]], lab: Lab | None = None) -> _T:
    """`run_stoppable`, telling the operator as soon as the first interrupt is heard.

    Raises:
        PermanentError: `lab`, on whose devices it works, was taken down: there is nothing to wait for or to undo.
    """

    async def answer(stop: asyncio.Event) -> None:
        await stop.wait()
        emit(Note(_HEARD))

    async def all_of_it(stop: asyncio.Event) -> _T:
        answering = asyncio.ensure_future(answer(stop))
        try:
            return await (work(stop) if lab is None else _while_it_runs(lab, work(stop)))
        finally:
            answering.cancel()

    return run_stoppable(all_of_it)


async def _while_it_runs(lab: Lab, work: Coroutine[Any, Any, _T]) -> _T:
    doing = asyncio.ensure_future(work)
    gone = asyncio.Event()
    handle = lab.handle()
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(handle)
        gone.set()
        doing.cancel()

    loop.add_reader(handle, end)
    try:
        return await doing
    finally:
        loop.remove_reader(handle)
        os.close(handle)
        if gone.is_set():
            raise PermanentError(
                f"lab {lab.name} was taken down amid this change: its devices are gone, and the change with them",
                hint="rtmctl lab up makes them anew, with a factory configuration",
            ) from None
