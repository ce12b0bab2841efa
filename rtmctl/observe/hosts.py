"""How verify reaches hosts: those of ours by a command on them, the others by a ping out of their leaf's VRF."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from rtmctl.device.hosts import HostResult, HostRunner

__all__ = ["DevicePinger", "HostResult", "HostRunner"]


@runtime_checkable
class DevicePinger(Protocol):
    """A device session that can ping; not every driver's can."""

    async def ping(self, target: str, *, vrf: str = "", timeout_s: float = 60.0, **options: Any) -> Mapping[str, Any]:
        """{rc, output, error} of ping(8). Options: source, count, size (payload bytes), df."""
        ...
