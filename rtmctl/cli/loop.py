"""The event loop behind a command: loaded when there is work for it, since `--help` and `validate` have none."""

from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


def wait_for(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end."""
    import asyncio

    return asyncio.run(work)
