"""What the agent's answers mean on this side, whichever transport carried them."""

from typing import Any

from rtmctl.device import errors

AGENT = "/usr/local/lib/rtmctl/agent"
INJECTOR = "/usr/local/lib/rtmctl/injector"
RECORDER = "/usr/local/lib/rtmctl/recorder"
MAX_ANSWER = 256 * 1024 * 1024
"""bytes; more than that is no answer of an agent"""

_TYPES: dict[str, type[errors.DeviceError]] = {
    "locked": errors.Locked,
    "fenced": errors.Fenced,
    "stale": errors.StalePlan,
    "syntax": errors.ChangeRefused,
    "pending": errors.ChangeRefused,
    "disk": errors.ChangeRefused,
    "watchdog": errors.ChangeRefused,
    "usage": errors.ChangeRefused,
    "unable": errors.ChangeRefused,
    "shared": errors.ChangeRefused,
    "reverted": errors.ChangeReverted,
    "broken": errors.Broken,
}
"""agent's code to error"""

_HINTS = {
    "locked": "wait, or ask the holder; an abandoned lease runs out by itself",
    "fenced": "read the device's status, then start again with a new lease",
    "stale": "make a new plan",
    "pending": "confirm or revert that transaction first: rtmctl net recover",
    "disk": "make room on the device",
    "broken": "look at the device now: it is neither as it was before nor as it was to be",
}


def failure_of(device: str, answer: dict[str, Any]) -> errors.DeviceError:
    """The agent's failure as the error its code stands for."""
    code, step, message = (str(answer.get(k, "")) for k in ("code", "step", "error"))
    fallback = errors.StepFailed if answer.get("permanent", True) else errors.StepBusy
    return _TYPES.get(code, fallback)(device, step, message, hint=_HINTS.get(code, ""))
