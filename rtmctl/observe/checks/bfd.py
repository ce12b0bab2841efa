"""Is BFD up on every session that asks for it, with the modelled timers on both ends?"""

from rtmctl.device.state import BfdSession
from rtmctl.model.types import BfdProfile, DeviceModel, Neighbor
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ends import ends_to
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    """The remote end's values are compared with the far device's own profile, so that a slow end is named."""
    ledger = Ledger(CHECK.name)
    for model, state in reading.pairs():
        profiles = {p.name: p for p in model.bfd_profiles}
        for bgp in model.bgp:
            for neighbor in bgp.neighbors:
                if neighbor.bfd_profile is None:
                    continue
                profile = profiles[neighbor.bfd_profile]
                session = _find(state.bfd, bgp.vrf, neighbor)
                remote = _remote_profile(reading, model, neighbor) or profile
                _compare(ledger, model, bgp.vrf, neighbor, local=profile, remote=remote, seen=session)
    return ledger.outcome()


def _find(sessions: tuple[BfdSession, ...], vrf: str, neighbor: Neighbor) -> BfdSession | None:
    for session in sessions:
        if session.vrf != vrf:
            continue
        if neighbor.interface is not None and session.interface == neighbor.interface:
            return session
        if neighbor.address is not None and session.peer == str(neighbor.address):
            return session
    return None


def _remote_profile(reading: Reading, model: DeviceModel, neighbor: Neighbor) -> BfdProfile | None:
    far = reading.models.get(neighbor.remote_device or "")
    if far is None:
        return None
    profiles = {p.name: p for p in far.bfd_profiles}
    for bgp in far.bgp:
        for back in bgp.neighbors:
            if back.remote_device == model.hostname and back.bfd_profile in profiles:
                return profiles[back.bfd_profile]
    return None


def _compare(
    ledger: Ledger,
    model: DeviceModel,
    vrf: str,
    neighbor: Neighbor,
    *,
    local: BfdProfile,
    remote: BfdProfile,
    seen: BfdSession | None,
) -> None:
    device = model.hostname
    subject = f"BFD {neighbor.name}" + (f" (VRF {vrf})" if vrf != "default" else "")
    if neighbor.remote_device:
        subject += f" to {neighbor.remote_device}"
    about = ends_to(model, neighbor)
    if seen is None:
        ledger.wrong(device, subject, "up", "no such session", hint="it begins when BGP establishes", about=about)
        return
    if not ledger.expect(seen.up, device, subject, "up", "down", about=about):
        return
    ledger.expect(
        (seen.local_tx_ms, seen.local_rx_ms, seen.local_multiplier) == (local.tx_ms, local.rx_ms, local.multiplier),
        device,
        subject,
        f"tx {local.tx_ms} ms, rx {local.rx_ms} ms, multiplier {local.multiplier}",
        f"tx {seen.local_tx_ms} ms, rx {seen.local_rx_ms} ms, multiplier {seen.local_multiplier}",
    )
    wanted_ms = remote.multiplier * max(local.rx_ms, remote.tx_ms)
    ledger.expect(
        seen.detection_ms == wanted_ms,
        device,
        subject,
        f"detection in {wanted_ms} ms",
        f"{seen.detection_ms} ms (far end: tx {seen.remote_tx_ms} ms, multiplier {seen.remote_multiplier})",
        hint=f"the timers of {neighbor.remote_device or 'the far end'} differ",
    )


CHECK = Check("bfd", "BFD sessions and negotiated timers", run)
