"""Ctrl-C while a change runs is answered at once: what it undoes, and what a second one would do."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rtmctl.change import run_stoppable
from rtmctl.change.events import Note, OnEvent

_T = TypeVar("_T")


def stoppable(emit: OnEvent, work: Callable[[asyncio.Event], Coroutine[Any, Any, _T]]) -> _T:
    """`run_stoppable`, telling the operator as soon as the first interrupt is heard."""

    async def answer(stop: asyncio.Event) -> None:
        await stop.wait()
        emit(Note("interrupted: undoing at the next safe point; once more leaves the undo to the devices' timers"))

    async def both(stop: asyncio.Event) -> _T:
        answering = asyncio.ensure_future(answer(stop))
        try:
            return await work(stop)
        finally:
            answering.cancel()

    return run_stoppable(both)
