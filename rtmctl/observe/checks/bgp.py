"""Every BGP session: established, with the right AS and families, with routes; and no session nobody asked for."""

from rtmctl.base import Severity
from rtmctl.device.state import BgpSession
from rtmctl.model.types import BgpInstance, DeviceModel, Family, Neighbor
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    ledger = Ledger(CHECK.name)
    evpn_speakers = sum(1 for m in reading.models.values() if m.vtep is not None)
    for model, state in reading.pairs():
        sessions = {(s.vrf, s.peer): s for s in state.bgp}
        wanted: set[tuple[str, str]] = set()
        for bgp in model.bgp:
            for neighbor in bgp.neighbors:
                wanted.add((bgp.vrf, neighbor.name))
                seen = sessions.get((bgp.vrf, neighbor.name))
                _session(ledger, model, bgp, neighbor, seen=seen, vteps=evpn_speakers)
        for vrf, peer in sorted(sessions.keys() - wanted):
            extra = sessions[vrf, peer]
            ledger.wrong(
                model.hostname,
                _name(vrf, peer),
                "no such session",
                f"{extra.state} with AS {extra.remote_asn}",
                hint="a neighbour that the site does not know",
            )
    return ledger.outcome()


def _name(vrf: str, peer: str) -> str:
    return f"BGP {peer}" if vrf == "default" else f"BGP {peer} (VRF {vrf})"


def _session(
    ledger: Ledger, model: DeviceModel, bgp: BgpInstance, neighbor: Neighbor, *, seen: BgpSession | None, vteps: int
) -> None:
    device = model.hostname
    subject = _name(bgp.vrf, neighbor.name) + (f" to {neighbor.remote_device}" if neighbor.remote_device else "")
    if seen is None:
        ledger.wrong(device, subject, "Established", "no such session")
        return
    if seen.state != "Established":
        ledger.wrong(device, subject, "Established", seen.state)
        return
    ledger.ok()
    ledger.expect(
        seen.remote_asn == neighbor.remote_asn, device, subject, f"AS {neighbor.remote_asn}", f"AS {seen.remote_asn}"
    )
    if neighbor.remote_device and seen.remote_hostname:
        ledger.expect(
            seen.remote_hostname == neighbor.remote_device,
            device,
            subject,
            f"{neighbor.remote_device} at the far end",
            seen.remote_hostname,
            hint="cabled to another device? see check lldp",
        )
    if seen.hold_s is not None:
        ledger.expect(
            seen.hold_s == bgp.hold_s,
            device,
            subject,
            f"hold time {bgp.hold_s} s",
            f"{seen.hold_s} s negotiated",
            severity=Severity.WARNING,
        )
    families = {f.family: f for f in seen.families}
    expected = {f.family for f in neighbor.families}
    if not ledger.expect(
        set(families) == expected, device, subject, f"families {listed(expected)}", f"{listed(families)}"
    ):
        return
    for family in sorted(expected):
        if _routes_expected(family, neighbor, vteps, model):
            ledger.expect(
                families[family].accepted > 0,
                device,
                subject,
                f"routes in {family.value}",
                "0 accepted",
                hint="an import policy, or the far end announces nothing",
                severity=Severity.ERROR if neighbor.remote_device else Severity.WARNING,
            )


def _routes_expected(family: Family, neighbor: Neighbor, vteps: int, model: DeviceModel) -> bool:
    """Every neighbour announces at least a loopback in IPv4; EVPN routes need a second VTEP somewhere."""
    if family is Family.EVPN:
        return vteps - (1 if model.vtep is not None else 0) > 0
    return family is Family.IPV4


CHECK = Check("bgp", "BGP sessions", run)
