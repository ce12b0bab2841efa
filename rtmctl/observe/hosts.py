"""How verify reaches hosts: those of ours by a command on them, the others by a ping out of their leaf's VRF."""

from typing import Protocol, runtime_checkable

from rtmctl.base.net import Address
from rtmctl.probe.hosts import HostResult, HostRunner

__all__ = ["DevicePinger", "HostResult", "HostRunner"]


@runtime_checkable
class DevicePinger(Protocol):
    """A device session that can ping. `size` counts the whole IP packet in bytes."""

    async def ping(
        self,
        destination: Address,
        *,
        vrf: str = "default",
        source: Address | None = None,
        size: int = 84,
        dont_fragment: bool = False,
        count: int = 3,
        timeout_s: float = 2.0,
    ) -> int:
        """How many of `count` requests were answered."""
        ...
