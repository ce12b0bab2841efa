"""Are ports and SVIs there, in their VRF, up, and of the modelled MTU?"""

from rtmctl.base import Severity
from rtmctl.device.state import DeviceState, LinkState
from rtmctl.model.types import DeviceModel, PortKind
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ends import ends
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    ledger = Ledger(CHECK.name)
    ours = {host.name for host in reading.fabric.hosts if host.managed} | {d.name for d in reading.fabric.devices}
    for model, state in reading.pairs():
        links = {link.name: link for link in state.links}
        for port in model.ports:
            foreign = port.peer_device is not None and port.peer_device not in ours
            severity = Severity.WARNING if foreign else Severity.ERROR
            vrf = port.vrf if port.kind in (PortKind.FABRIC, PortKind.ROUTED) else None  # a bridged port is in none
            mtu = None if port.kind is PortKind.MANAGEMENT else port.mtu
            hint = (
                f"{port.peer_device} at its far end is not managed by the site" if foreign else _cable(port.peer_device)
            )
            about = ends(model.hostname, port)
            name = port.name
            _interface(ledger, model.hostname, links, name, vrf=vrf, mtu=mtu, severity=severity, hint=hint, about=about)
        for svi in model.svis:
            link = _interface(ledger, model.hostname, links, svi.name, vrf=svi.vrf, mtu=svi.mtu)
            if link is not None and svi.anycast_mac is not None and svi.addresses:
                ledger.expect(
                    link.mac.lower() == svi.anycast_mac.lower(),
                    model.hostname,
                    f"{svi.name} MAC",
                    f"{svi.anycast_mac} (anycast gateway)",
                    link.mac,
                )
        if model.vtep is not None:
            _vxlan(ledger, model, state, links)
    return ledger.outcome()


def _cable(peer: str | None) -> str:
    return f"check the cable to {peer}" if peer else ""


def _interface(
    ledger: Ledger,
    device: str,
    links: dict[str, LinkState],
    name: str,
    *,
    vrf: str | None,
    mtu: int | None,
    severity: Severity = Severity.ERROR,
    hint: str = "",
    about: frozenset[str] = frozenset(),
) -> LinkState | None:
    link = links.get(name)
    if link is None:
        ledger.wrong(device, name, "an interface", "no such interface", severity=severity, about=about)
        return None
    if not link.admin_up:
        ledger.wrong(device, name, "up", "administratively down", severity=severity, about=about)
    else:
        ledger.expect(link.oper_up, device, name, "up", "no carrier", severity=severity, hint=hint, about=about)
    if vrf is not None:
        ledger.expect(link.vrf == vrf, device, name, f"in VRF {vrf}", f"in VRF {link.vrf}", about=about)
    if mtu is not None:
        ledger.expect(link.mtu == mtu, device, name, f"MTU {mtu}", f"MTU {link.mtu}", about=about)
    return link


def _vxlan(ledger: Ledger, model: DeviceModel, state: DeviceState, links: dict[str, LinkState]) -> None:
    """The VXLAN device of every VNI the state names must be up: an L2 VNI with a dead device forwards nothing."""
    for vni in state.vnis:
        link = links.get(vni.device)
        if link is not None:
            ledger.expect(link.admin_up, model.hostname, vni.device, f"up (VNI {vni.vni})", "administratively down")


CHECK = Check("interfaces", "Interfaces: state, VRF, MTU", run)
