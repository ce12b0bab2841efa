"""The platforms a session can be opened to. A new platform is one file and one line here."""

from collections.abc import Awaitable, Callable

from rtmctl.base import PermanentError
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.types import Session


async def _frr(endpoint: Endpoint) -> Session:
    from rtmctl.device.frr.session import FrrSession  # noqa: PLC0415 - asyncssh takes 0.2 s to import

    return await FrrSession.open(endpoint)


DRIVERS: dict[str, Callable[[Endpoint], Awaitable[Session]]] = {
    "frr": _frr,
}


async def connect(endpoint: Endpoint) -> Session:
    """An open session; raises PermanentError for an unknown platform, else the errors of rtmctl.device.errors."""
    driver = DRIVERS.get(endpoint.platform)
    if driver is None:
        hint = f"known platforms: {', '.join(sorted(DRIVERS))}"
        raise PermanentError(f"{endpoint.name}: no driver for platform {endpoint.platform!r}", hint=hint)
    return await driver(endpoint)
