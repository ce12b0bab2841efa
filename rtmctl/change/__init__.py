"""The transaction: plan, waves, apply, confirm, rollback, recover, drift, drain.

What runs, who may change it and whether a change is decided stands on the devices; the store only remembers.
How a device is spoken to lives in `device`, what it should run in `model` and `render`.
"""

from rtmctl.change.apply import apply
from rtmctl.change.draft import Surroundings
from rtmctl.change.drift import find_drift
from rtmctl.change.errors import Locked, StalePlan, StepFailed
from rtmctl.change.interrupt import Stop, run_stoppable
from rtmctl.change.maintenance import drain, make_drain, undrain
from rtmctl.change.network import Network, carry_out
from rtmctl.change.options import ApplyOptions, CommitMode, Timing
from rtmctl.change.plan import PlanOptions, make_plan
from rtmctl.change.plan_file import plan_from_json, plan_to_json, read_plan, write_plan
from rtmctl.change.plan_types import DevicePlan, Plan, Stage, Wave
from rtmctl.change.planning import make, make_rollback
from rtmctl.change.recover import RecoverReport, confirm, recover
from rtmctl.change.results import ChangeResult, DeviceOutcome, Outcome, Standing
from rtmctl.change.run import Site
from rtmctl.change.secrets import plan_key, resolver
from rtmctl.change.settling import settle
from rtmctl.change.standing import OpenChange
from rtmctl.change.unmanaged import Unmanaged
from rtmctl.change.waves import WaveOptions

__all__ = [
    "ApplyOptions",
    "ChangeResult",
    "CommitMode",
    "DeviceOutcome",
    "DevicePlan",
    "Locked",
    "Network",
    "OpenChange",
    "Outcome",
    "Plan",
    "PlanOptions",
    "RecoverReport",
    "Site",
    "Stage",
    "StalePlan",
    "Standing",
    "StepFailed",
    "Stop",
    "Surroundings",
    "Timing",
    "Unmanaged",
    "Wave",
    "WaveOptions",
    "apply",
    "carry_out",
    "confirm",
    "drain",
    "find_drift",
    "make",
    "make_drain",
    "make_plan",
    "make_rollback",
    "plan_from_json",
    "plan_key",
    "plan_to_json",
    "read_plan",
    "recover",
    "resolver",
    "run_stoppable",
    "settle",
    "undrain",
    "write_plan",
]
