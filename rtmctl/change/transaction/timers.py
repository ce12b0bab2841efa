"""How long revert timers run: computed from what this very transaction has measured and the timers of the model.

Pure. All in seconds. With R the longest commit measured (a revert does the same steps and is proven likewise) and
S the time in which a reverted device's sessions come back:

    stagger = 1.5 · (R + S)                 between the deadlines of two waves
    window  = max(1.5 · R, 3 · step limit)  of the wave in progress: a renewal may fail twice before it runs out
    worst   = window + (waves − 1) · stagger + R + S    until the last device of an unattended undo is back
    S       = detection + connect + advertisement interval, the slowest session of the model

detection is BFD's interval · multiplier (RFC 5880 §6.8.4), and the hold time where a session has no BFD (RFC 4271
§6.5); connect is ConnectRetryTime (RFC 4271 §8.2.1.3): the far end may have begun to wait just before.
"""

from collections.abc import Iterable

from rtmctl.model.types import BgpInstance, DeviceModel, Neighbor

MARGIN = 1.5
SESSIONS_S = 15.0
"""S where no model is known, as in a recovery from a fresh clone: hold 9, connect 5, half a second of BGP's own"""
BGP_S = 0.5
"""FRR's own work from a connection to the routes it brings"""


def sessions_return_s(models: Iterable[DeviceModel]) -> float:
    """S: the slowest session of any of these devices."""
    every = [
        _return_s(model, instance, peer) for model in models for instance in model.bgp for peer in instance.neighbors
    ]
    return max(every, default=SESSIONS_S)


def _return_s(model: DeviceModel, instance: BgpInstance, peer: Neighbor) -> float:
    profile = next((p for p in model.bfd_profiles if p.name == peer.bfd_profile), None)
    detection = float(instance.hold_s) if profile is None else profile.rx_ms * profile.multiplier / 1000
    return detection + instance.connect_s + instance.advertisement_interval_s + BGP_S


def stagger_s(longest_commit_s: float, return_s: float) -> float:
    """Between two waves, so that a device forwards again before its partner goes."""
    return MARGIN * (longest_commit_s + return_s)


def window_s(longest_commit_s: float, step_limit_s: float) -> float:
    """The timer of the wave in progress, renewed while rtmctl lives."""
    return max(MARGIN * longest_commit_s, 3 * step_limit_s)


def worst_s(window: float, stagger: float, waves: int, longest_commit_s: float, return_s: float) -> float:
    """From the death of rtmctl to the last device being as before, its sessions included."""
    return window + (waves - 1) * stagger + longest_commit_s + return_s


def confirm_needs_s(read_round_s: float, write_round_s: float, waves: int) -> float:
    """The measured confirm time and half as much again.

    What remains at a decision: the note on all devices, then wave by wave two reads and three writes a device.
    """
    return MARGIN * (write_round_s + waves * (2 * read_round_s + 3 * write_round_s))
