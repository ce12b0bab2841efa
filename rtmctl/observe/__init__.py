"""Live state against the model: verify, trace, where, cabling, show. Reads and sends packets; changes nothing.

A new passive check is a file in `checks/` and its line in `CHECKS`; packets that are sent live in `active/`.
"""

from rtmctl.observe.cabling import CableRow, cabling
from rtmctl.observe.compare import compare
from rtmctl.observe.gather import Opener, Sessions, opener_of
from rtmctl.observe.hosts import DevicePinger, HostResult, HostRunner
from rtmctl.observe.predict import Prediction, predict
from rtmctl.observe.summary import Summary, summarize
from rtmctl.observe.trace import Packets, Trace, trace
from rtmctl.observe.types import CheckResult, Deviation, Outcome, Reading, Selection, Status, VerifyReport
from rtmctl.observe.verify import NAMES, Options, verify
from rtmctl.observe.where import WhereReport, where

__all__ = [
    "NAMES",
    "CableRow",
    "CheckResult",
    "Deviation",
    "DevicePinger",
    "HostResult",
    "HostRunner",
    "Opener",
    "Options",
    "Outcome",
    "Packets",
    "Prediction",
    "Reading",
    "Selection",
    "Sessions",
    "Status",
    "Summary",
    "Trace",
    "VerifyReport",
    "WhereReport",
    "cabling",
    "compare",
    "opener_of",
    "predict",
    "summarize",
    "trace",
    "verify",
    "where",
]
