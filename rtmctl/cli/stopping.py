"""What ends a change that runs: Ctrl-C, which is answered at once, and a lab that is taken down under it."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rtmctl.base import PermanentError
from rtmctl.change import Stop, run_stoppable
from rtmctl.change.events import Note, OnEvent
from rtmctl.lab import Lab

_T = TypeVar("_T")
_TAKING_BACK = "interrupted: the fault is taken back at once; should this process die, its guards do it by themselves"
_HEARD = (
    "interrupted: undoing at the next safe point, or finishing what is decided already; "
    "once more leaves the undo to the devices' timers"
)


def stoppable(emit: OnEvent, work: Callable[[Stop], Coroutine[Any, Any, _T]], lab: Lab | None = None) -> _T:
    """`run_stoppable`, telling the operator as soon as the first interrupt is heard.

    Raises:
        PermanentError: `lab`, on whose devices it works, was taken down: there is nothing to wait for or to undo.
    """
    return run_stoppable(lambda stop: _answered(work, stop, lambda: emit(Note(_HEARD)), lab, "change"))


def patiently(tell: Callable[[str], None], work: Callable[[Stop], Coroutine[Any, Any, _T]], lab: Lab | None) -> _T:
    """Likewise for a drill, whose fault is taken back whatever is pressed; raises as `stoppable`."""
    return run_stoppable(lambda stop: _answered(work, stop, lambda: tell(_TAKING_BACK), lab, "drill"), patient=True)


async def _answered(
    work: Callable[[Stop], Coroutine[Any, Any, _T]], stop: Stop, answer: Callable[[], None], lab: Lab | None, what: str
) -> _T:
    async def when_stopped() -> None:
        await stop.wait()
        answer()

    answering = asyncio.ensure_future(when_stopped())
    try:
        return await (work(stop) if lab is None else _while_it_runs(lab, what, work(stop)))
    finally:
        answering.cancel()


async def _while_it_runs(lab: Lab, what: str, work: Coroutine[Any, Any, _T]) -> _T:
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
                f"lab {lab.name} was taken down amid this {what}: its devices are gone, and the {what} with them",
                hint="rtmctl lab up makes them anew, with a factory configuration",
            ) from None
