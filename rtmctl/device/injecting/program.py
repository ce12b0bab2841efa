"""The injector as the one file that a machine is given."""

from functools import cache
from pathlib import Path

from rtmctl.device.packing import ONBOARD, packed

_PACKAGE = Path(__file__).parent.parent / "injector"


@cache
def injector_file() -> bytes:
    """The injector as one executable file."""
    return packed(_PACKAGE, "server", _PACKAGE / "mechanisms", ONBOARD)
