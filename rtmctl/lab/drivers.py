"""The list of lab drivers, and the way to a lab by its name."""

from collections.abc import Callable, Mapping

from rtmctl.base import Exit, PermanentError
from rtmctl.lab.driver import Lab

Opener = Callable[[str], Lab]


def _netns(name: str) -> Lab:
    from rtmctl.lab.netns import NetnsLab  # noqa: PLC0415  # a driver's needs are loaded when it is chosen

    return NetnsLab.named(name)


DRIVERS: Mapping[str, Opener] = {
    "netns": _netns,
}
"""All drivers there are; a new one is a module beside netns.py and a line here."""


def open_lab(name: str, driver: str = "netns") -> Lab:
    """The lab of that name, running or not.

    Raises:
        PermanentError: no such driver (exit code 2), or not a lab name.
    """
    if driver not in DRIVERS:
        raise PermanentError(f"no lab driver {driver!r}", hint=f"known: {', '.join(DRIVERS)}", exit=Exit.USAGE)
    return DRIVERS[driver](name)
