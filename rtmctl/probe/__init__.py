"""Loss and latency between hosts: a small agent on each host, and an honest sum of what they saw.

Loss is told in milliseconds of a flow, latency counts from the intended send time, and a probe that stalled says so
instead of guessing.
"""

from rtmctl.probe.hosts import HostResult, HostRunner
from rtmctl.probe.process import ProcessRunner
from rtmctl.probe.run import run_probe
from rtmctl.probe.types import Flow, FlowResult, Latency, LossWindow, ProbeResult, ProbeSpec, Verdict

__all__ = [
    "Flow",
    "FlowResult",
    "HostResult",
    "HostRunner",
    "Latency",
    "LossWindow",
    "ProbeResult",
    "ProbeSpec",
    "ProcessRunner",
    "Verdict",
    "run_probe",
]
