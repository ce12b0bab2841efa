"""Loss and latency between hosts: a small agent on each host, and an honest sum of what they saw.

Loss is told in milliseconds of a flow, latency counts from the intended send time, and a probe that stalled says so
instead of guessing.
"""

from rtmctl.device.hosts import HostProcess, HostResult, HostRunner
from rtmctl.device.processes import ProcessRunner
from rtmctl.probe.run import RunningProbe, run_probe, start_probe
from rtmctl.probe.types import Agent, Flow, FlowResult, Interim, Latency, LossWindow, ProbeResult, ProbeSpec, Verdict

__all__ = [
    "Agent",
    "Flow",
    "FlowResult",
    "HostProcess",
    "HostResult",
    "HostRunner",
    "Interim",
    "Latency",
    "LossWindow",
    "ProbeResult",
    "ProbeSpec",
    "ProcessRunner",
    "RunningProbe",
    "Verdict",
    "run_probe",
    "start_probe",
]
