"""Live state against the model: verify, trace, where, cabling, show. Reads and sends packets; changes nothing.

A new passive check is a file in `checks/` and its line in `CHECKS`; packets that are sent live in `active/`.
"""

from rtmctl.observe.compare import compare
from rtmctl.observe.gather import Opener, Sessions, opener_of
from rtmctl.observe.hosts import DevicePinger, HostResult, HostRunner
from rtmctl.observe.types import CheckResult, Deviation, Outcome, Reading, Selection, Status, VerifyReport
from rtmctl.observe.verify import NAMES, Options, verify

__all__ = [
    "NAMES",
    "CheckResult",
    "Deviation",
    "DevicePinger",
    "HostResult",
    "HostRunner",
    "Opener",
    "Options",
    "Outcome",
    "Reading",
    "Selection",
    "Sessions",
    "Status",
    "VerifyReport",
    "compare",
    "opener_of",
    "verify",
]
