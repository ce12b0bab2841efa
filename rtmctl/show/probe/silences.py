"""Says while a probe runs which flow has fallen silent, and that it is back."""

from collections.abc import Callable

from rtmctl.probe import Interim, ProbeSpec

SILENT_MS = 1000.0
INTERVALS = 5
NAMED = 4
"""flows of one host that a line names"""


class Silences:
    """A probe's `interim` callback."""

    def __init__(self, spec: ProbeSpec, say: Callable[[str], None]) -> None:
        self._limits = {flow.name: max(SILENT_MS, INTERVALS * flow.interval_ms) for flow in spec.flows}
        self._silent: set[str] = set()
        self._say = say

    def __call__(self, interim: Interim) -> None:
        now = {name for name, silent_ms in interim.flows.items() if silent_ms > self._limits[name]}
        fallen, back = now - self._silent, (self._silent & set(interim.flows)) - now
        if fallen:
            longest = max(interim.flows[name] for name in fallen)
            self._say(f"silent for {longest / 1000:.1f} s: {_named(fallen)}")
        if back:
            self._say(f"heard again: {_named(back)}")
        self._silent = (self._silent | fallen) - back


def _named(flows: set[str]) -> str:
    more = f" and {len(flows) - NAMED} more" if len(flows) > NAMED else ""
    return ", ".join(sorted(flows)[:NAMED]) + more
