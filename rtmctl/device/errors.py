"""What can go wrong with one device. Each error names the device and the step, and says what to do."""

from rtmctl.base import Exit, PermanentError, RtmctlError, StateUnknown, TemporaryError


class DeviceError(RtmctlError):
    """Mixed into every error of this room: which device, at which step."""

    device: str
    step: str

    def __init__(self, device: str, step: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{device}: {step}: {message}", hint=hint)
        self.device = device
        self.step = step
        self.cause = message


class Unreachable(DeviceError, TemporaryError):
    """No TCP or SSH connection, or it broke."""


class TimedOut(DeviceError, TemporaryError):
    """The device did not answer within the time a step may take."""


class LoginRefused(DeviceError, PermanentError):
    """The user or key is not accepted."""


class HostKeyChanged(DeviceError, PermanentError):
    """The key shown is not the one in known_hosts."""


class SudoRefused(DeviceError, PermanentError):
    """The account may not run the agent."""


class AgentMissing(DeviceError, PermanentError):
    """There is no rtmctl agent on the device."""


class Garbage(DeviceError, PermanentError):
    """The answer is not what an agent says."""


class Locked(DeviceError, TemporaryError):
    """Another operator, change or drill holds the lease."""

    exit = Exit.LOCKED


class Fenced(DeviceError, PermanentError):
    """The lease was lost: somebody else has a newer fence number."""

    exit = Exit.LOCKED


class StalePlan(DeviceError, PermanentError):
    """What runs is not what the plan was made against."""

    exit = Exit.STALE_PLAN


class ChangeRefused(DeviceError, PermanentError):
    """The device refused a target or a step; nothing was changed."""


class ChangeReverted(DeviceError, PermanentError):
    """A change failed or its timer ran out, and the device went back by itself."""

    exit = Exit.ROLLED_BACK


class Broken(DeviceError, StateUnknown):
    """A revert did not restore the device."""


class StepFailed(DeviceError, PermanentError):
    """A step failed in a way that trying again does not mend."""


class StepBusy(DeviceError, TemporaryError):
    """A step failed in a way that trying again may mend."""
