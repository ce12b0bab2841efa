"""Errors that leave everything as it was."""

from rtmctl.base import Exit, PermanentError, RtmctlError


class StalePlan(PermanentError):
    """A device runs something else than when the plan was made."""

    exit = Exit.STALE_PLAN


class Locked(RtmctlError):
    """Another operator, change or drill holds a device's lease."""

    exit = Exit.LOCKED


class StepFailed(RtmctlError):
    """A step on one device failed; `device` and `step` name it."""

    def __init__(self, device: str, step: str, reason: str, *, hint: str = "", ends_with: Exit | None = None) -> None:
        super().__init__(f"{device}: {step}: {reason}", hint=hint, exit=ends_with)
        self.device = device
        self.step = step
        self.reason = reason
