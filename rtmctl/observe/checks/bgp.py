"""Every BGP session: established, with the right AS and families, with routes; and no session nobody asked for."""

from rtmctl.base import Severity
from rtmctl.device.state import BgpSession
from rtmctl.model.types import BgpInstance, DeviceModel, Family, Neighbor
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ends import ends_to
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    ledger = Ledger(CHECK.name)
    origins = frozenset(name for name, model in reading.models.items() if model.mac_vrfs or model.vrfs)
    for model, state in reading.pairs():
        sessions = {(s.vrf, s.peer): s for s in state.bgp}
        wanted: set[tuple[str, str]] = set()
        for bgp in model.bgp:
            for neighbor in bgp.neighbors:
                wanted.add((bgp.vrf, neighbor.name))
                seen = sessions.get((bgp.vrf, neighbor.name))
                _session(ledger, model, bgp, neighbor, seen=seen, origins=origins)
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
    ledger: Ledger,
    model: DeviceModel,
    bgp: BgpInstance,
    neighbor: Neighbor,
    *,
    seen: BgpSession | None,
    origins: frozenset[str],
) -> None:
    device = model.hostname
    subject = _name(bgp.vrf, neighbor.name) + (f" to {neighbor.remote_device}" if neighbor.remote_device else "")
    about = ends_to(model, neighbor)
    if seen is None:
        ledger.wrong(device, subject, "Established", "no such session", about=about)
        return
    if seen.state != "Established":
        ledger.wrong(device, subject, "Established", seen.state, about=about)
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
            about=about,
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
        if _routes_expected(family, neighbor, origins, model):
            ledger.expect(
                families[family].accepted > 0,
                device,
                subject,
                f"routes in {family.value}",
                "0 accepted",
                hint="an import policy, or the far end announces nothing",
                severity=Severity.ERROR if neighbor.remote_device else Severity.WARNING,
                about=about,
            )


def _routes_expected(family: Family, neighbor: Neighbor, origins: frozenset[str], model: DeviceModel) -> bool:
    """Every neighbour announces at least a loopback in IPv4.

    EVPN routes come from a leaf that carries a VNI (`origins`), and through a spine from any other such leaf.
    """
    if family is not Family.EVPN:
        return family is Family.IPV4
    if model.vtep is None:
        return neighbor.remote_device in origins
    return bool(origins - {model.hostname})


CHECK = Check("bgp", "BGP sessions", run)
