"""One transaction over many devices: leases, staging, commit wave by wave, the decision, or the undo.

Until the decision stands on every participant, whatever happens (and nothing at all) leads back to the old state.
In which order devices change, and what must hold before and after, lives in `change.run`.
"""

from rtmctl.change.transaction.decision import arm_for, confirm_devices, decide
from rtmctl.change.transaction.forward import commit_wave, restage_targets, stage_targets
from rtmctl.change.transaction.keeping import keep
from rtmctl.change.transaction.leases import Lessee, await_leases, release_leases, renew_leases
from rtmctl.change.transaction.state import Transaction
from rtmctl.change.transaction.timers import sessions_return_s
from rtmctl.change.transaction.undo import undo

__all__ = [
    "Lessee",
    "Transaction",
    "arm_for",
    "await_leases",
    "commit_wave",
    "confirm_devices",
    "decide",
    "keep",
    "release_leases",
    "renew_leases",
    "restage_targets",
    "sessions_return_s",
    "stage_targets",
    "undo",
]
