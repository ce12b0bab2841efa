"""Errors an operator can act on. Whatever else is raised is a defect of rtmctl.

`PermanentError` stops; `TemporaryError` may be retried within a printed bound.
Each carries the exit code its command ends with and, where there is one, what to do next.
"""

from collections.abc import Iterable

from rtmctl.base.exit import Exit
from rtmctl.base.findings import Finding


class RtmctlError(Exception):
    """Base of all errors meant for the operator."""

    exit: Exit = Exit.FAILED

    def __init__(self, message: str, *, hint: str = "", exit: Exit | None = None) -> None:  # noqa: A002  # reads best at the call
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit is not None:
            self.exit = exit


class PermanentError(RtmctlError):
    """Trying again would give the same answer."""


class TemporaryError(RtmctlError):
    """Trying again may help: a timeout, a refused connection, a busy lock."""


class Refused(PermanentError):
    """A safety rule or gate said no; nothing was changed."""

    exit = Exit.REFUSED


class StateUnknown(PermanentError):
    """What a device runs is not known or not restored: the operator must act now."""

    exit = Exit.STATE_UNKNOWN


class SiteInvalid(PermanentError):
    """The site files hold errors; `findings` lists all of them."""

    exit = Exit.INVALID_SITE

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{len(self.findings)} finding(s) in the site files")
