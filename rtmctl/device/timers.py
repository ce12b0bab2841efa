"""How fast a network can notice: the timers that its sessions have agreed on, as the devices say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from rtmctl.device.state import BfdSession, BgpSession, DeviceState


@dataclass(frozen=True, slots=True)
class DeployedTimer:
    """One BGP session as one end sees it, and the BFD session below it."""

    device: str
    vrf: str
    peer: str
    """`Neighbor.name`: interface of an unnumbered session, else the address"""
    remote: str
    """the far end's host name, as it told; '' for one that tells none"""
    up: bool
    detection_ms: int | None
    """until this end declares BFD down (RFC 5880 §6.8.4); None: no BFD session is up"""
    detection: str
    """what that is made of: '3 × max(100, 100)', the remote multiplier, own receive and remote transmit interval"""
    hold_ms: int | None
    """negotiated (RFC 4271 §4.2), what is left without BFD; None while the session is down"""
    keepalive_ms: int | None
    advertisement_ms: int | None
    """how long an update may be held back for others to join it"""

    @property
    def noticed_ms(self) -> int | None:
        """Until a silent peer is noticed."""
        return self.detection_ms if self.detection_ms is not None else self.hold_ms

    @property
    def said(self) -> str:
        """'BFD 3 × max(100, 100) = 300 ms, hold 9 s, advertisement 0 s'."""
        parts = [f"BFD {self.detection} = {self.detection_ms} ms" if self.detection_ms is not None else "no BFD"]
        parts += [f"hold {self.hold_ms / 1000:g} s"] if self.hold_ms is not None else ["session down"]
        if self.advertisement_ms is not None:
            parts.append(f"advertisement {self.advertisement_ms / 1000:g} s")
        return ", ".join(parts)


def deployed_timers(states: Mapping[str, DeviceState]) -> tuple[DeployedTimer, ...]:
    """Of every BGP session of every device, both ends of a session by themselves: what they see may differ."""
    return tuple(
        _timer(device, session, _below(session, state.bfd)) for device, state in states.items() for session in state.bgp
    )


def _below(session: BgpSession, candidates: tuple[BfdSession, ...]) -> BfdSession | None:
    return next(
        (b for b in candidates if b.vrf == session.vrf and session.peer in (b.interface, b.peer) and b.up), None
    )


def _timer(device: str, session: BgpSession, bfd: BfdSession | None) -> DeployedTimer:
    return DeployedTimer(
        device=device,
        vrf=session.vrf,
        peer=session.peer,
        remote=session.remote_hostname or "",
        up=session.state == "Established",
        detection_ms=bfd.detection_ms if bfd is not None else None,
        detection=f"{bfd.remote_multiplier} × max({bfd.local_rx_ms}, {bfd.remote_tx_ms})" if bfd is not None else "",
        hold_ms=_ms(session.hold_s),
        keepalive_ms=_ms(session.keepalive_s),
        advertisement_ms=_ms(session.advertisement_interval_s),
    )


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
