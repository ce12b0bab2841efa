"""How long a device takes to see that a neighbour is gone: from what is negotiated, else from the models. Pure.

BFD: remote multiplier × max(local required min-rx, remote desired min-tx), RFC 5880 §6.8.4. Without it the hold time of
BGP, of which the smaller of both ends' counts, RFC 4271 §4.2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rtmctl.device.state import BfdSession, DeviceState
from rtmctl.model.types import BfdProfile, DeviceModel, Neighbor

__all__ = ["Part", "Timers"]

_LADDER_MS = (1000, 300, 100, 50, 10)
"""intervals that BFD is run at; FRR takes 10 ms and more from a profile"""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that takes time before traffic is back. Any room may make them; a bound is their sum."""

    text: str
    ms: float
    advice: str = ""
    """the change that makes it shorter, with what it comes to; '' where nobody can change it"""


@dataclass(frozen=True, slots=True)
class _Session:
    vrf: str
    near: DeviceModel
    neighbor: Neighbor
    profile: BfdProfile | None
    hold_s: int


class Timers:
    """`states`: what devices said; where one said nothing of a session, its model and the far end's speak for it."""

    def __init__(self, models: Mapping[str, DeviceModel], states: Mapping[str, DeviceState] | None = None) -> None:
        self._models = models
        self._states = states or {}

    def detection(self, node: str, gone: str) -> Part | None:
        """How a switch or host learns that packets of a neighbour have stopped, the carrier staying up.

        None: there is no session between them, so that it never learns.
        """
        found = self._session(node, gone)
        if found is not None:
            return self._bfd(found, node, gone) or self._hold(found, node, gone)
        back = self._session(gone, node)  # a host's timers are known from its leaf's end of the session
        return None if back is None else self._bfd(back, node, gone) or self._hold(back, node, gone)

    def deployed(self) -> dict[str, str]:
        """What is deployed and negotiated, for a report: 'leaf1-spine1 BFD' to '3 × 100 ms'."""
        found: dict[str, str] = {}
        for name in sorted(self._models):
            for session in self._sessions(name):
                far = session.neighbor.remote_device or session.neighbor.name
                key = f"{name}-{far}"
                multiplier, interval = self._negotiated(session, name)
                if interval:
                    found[f"{key} BFD"] = f"{multiplier} × {interval} ms"
                else:
                    found.setdefault(f"{key} BGP hold time", f"{self._hold_s(session)} s")
        return found

    def _bfd(self, session: _Session, node: str, gone: str) -> Part | None:
        multiplier, interval = self._negotiated(session, node)
        if not interval:
            return None
        faster = next((n for n in _LADDER_MS if n < interval), None)
        advice = (
            f"bfd interval {interval} → {faster} ms: detection {multiplier * interval} → {multiplier * faster} ms"
            if faster
            else ""
        )
        text = f"BFD detection {node}-{gone}: {multiplier} × {interval} ms"
        return Part(text, float(multiplier * interval), advice)

    def _negotiated(self, session: _Session, node: str) -> tuple[int, int]:
        """(multiplier, interval in ms) by which `node`, either end of it, detects; (0, 0) without BFD."""
        if session.profile is None:
            return 0, 0
        mine = node == session.near.hostname
        live = self._live(session)
        if live is not None and live.up:
            if mine:
                return live.remote_multiplier, max(live.local_rx_ms, live.remote_tx_ms)
            return live.local_multiplier, max(live.remote_rx_ms, live.local_tx_ms)
        near, far = session.profile, self._far_profile(session)
        own, other = (near, far) if mine else (far, near)
        return other.multiplier, max(own.rx_ms, other.tx_ms)

    def _hold(self, session: _Session, node: str, gone: str) -> Part:
        seconds = self._hold_s(session)
        advice = f"switch BFD on: detection {1000 * seconds} → 300 ms with 3 × 100 ms"
        return Part(f"BGP hold time {node}-{gone}: {seconds} s", 1000.0 * seconds, advice)

    def _hold_s(self, session: _Session) -> int:
        state = self._states.get(session.near.hostname)
        for live in state.bgp if state is not None else ():
            if (live.vrf, live.peer) == (session.vrf, session.neighbor.name) and live.hold_s is not None:
                return live.hold_s
        far = self._session(session.neighbor.remote_device or "", session.near.hostname)
        return min(session.hold_s, far.hold_s) if far is not None else session.hold_s

    def _live(self, session: _Session) -> BfdSession | None:
        state = self._states.get(session.near.hostname)
        for live in state.bfd if state is not None else ():
            same = (
                live.interface == session.neighbor.interface
                if session.neighbor.interface is not None
                else live.peer == str(session.neighbor.address)
            )
            if same and live.vrf == session.vrf:
                return live
        return None

    def _far_profile(self, session: _Session) -> BfdProfile:
        """The far end's own; that of the near end where it is not one of ours."""
        far = self._session(session.neighbor.remote_device or "", session.near.hostname)
        found = far.profile if far is not None else None
        return found or session.profile or BfdProfile("", 0, 0, 0)

    def _session(self, node: str, to: str) -> _Session | None:
        """Of several (the underlay's, the overlay's) the first that has BFD."""
        found = [s for s in self._sessions(node) if s.neighbor.remote_device == to]
        return next((s for s in found if s.profile is not None), found[0] if found else None)

    def _sessions(self, node: str) -> Iterator[_Session]:
        model = self._models.get(node)
        if model is None:
            return
        profiles = {profile.name: profile for profile in model.bfd_profiles}
        for bgp in model.bgp:
            for neighbor in bgp.neighbors:
                yield _Session(bgp.vrf, model, neighbor, profiles.get(neighbor.bfd_profile or ""), bgp.hold_s)
