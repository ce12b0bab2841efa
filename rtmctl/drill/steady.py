"""The steady state: the network is what its models say, as verify's passive checks see it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from rtmctl.base import Severity
from rtmctl.device.state import DeviceState
from rtmctl.drill.types import Surroundings
from rtmctl.observe import CheckResult, Reading, Selection, Sessions, Status, compare
from rtmctl.observe.causes import explain
from rtmctl.observe.checks import errors

_PAUSE_S = 0.5
_CHECKS = Selection(exclude=frozenset({errors.CHECK.name}))
"""counters that rise need two readings, and a fault makes them rise"""
_FINE = (Status.PASSED, Status.EXCLUDED)
_SHOWN = 5
"""deviations that a message names"""


@dataclass(frozen=True, slots=True)
class Steady:
    """One reading. `why` is empty when the steady state holds."""

    why: tuple[str, ...]
    versions: Mapping[str, str]
    """device to its network operating system's version"""
    states: Mapping[str, DeviceState] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.why


async def read_steady(
    around: Surroundings,
    sessions: Sessions,
    wait_s: float,
    *,
    waiting: Callable[[str, float], None] = lambda _why, _left: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Steady:
    """Read and compare until nothing deviates, at most for `wait_s`.

    Args:
        waiting: told why it does not hold yet, and the seconds left.
    """
    until = clock() + wait_s
    while True:
        states, failures = await sessions.read()
        checks = compare(Reading(around.fabric, around.models, states), failures, _CHECKS)
        versions = {name: state.version for name, state in states.items()}
        steady = Steady(_why(around, checks), versions, states)
        left = until - clock()
        if steady.holds or left <= 0:
            return steady
        waiting(steady.why[0], left)
        await sleep(min(_PAUSE_S, left))


def _why(around: Surroundings, checks: tuple[CheckResult, ...]) -> tuple[str, ...]:
    """What deviates, causes first and what follows from them not at all."""
    wrong = [check for check in explain(around.fabric, checks)[0] if check.status not in _FINE]
    roots = (d for check in wrong for d in check.outcome.deviations if d.severity is Severity.ERROR and not d.cause)
    blind = (f"{check.name}: {why}" for check in wrong for why in check.outcome.not_run)
    found = tuple(dict.fromkeys((*map(str, roots), *blind)))
    more = len(found) - _SHOWN
    return found[:_SHOWN] + ((f"and {more} more; `rtmctl net verify` lists all",) if more > 0 else ())
