"""What every room may use: findings, errors, exit codes, the user's folders, whole files. No knowledge of networks."""

from rtmctl.base.errors import PermanentError, Refused, RtmctlError, SiteInvalid, StateUnknown, TemporaryError
from rtmctl.base.exit import Exit
from rtmctl.base.findings import Finding, Position, Severity

__all__ = [
    "Exit",
    "Finding",
    "PermanentError",
    "Position",
    "Refused",
    "RtmctlError",
    "Severity",
    "SiteInvalid",
    "StateUnknown",
    "TemporaryError",
]
