"""Do the interfaces have exactly the modelled addresses?"""

from rtmctl.base import Severity
from rtmctl.base.net import Interface
from rtmctl.device.state import DeviceState
from rtmctl.model.types import DeviceModel, PortKind
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    ledger = Ledger(CHECK.name)
    for model, state in reading.pairs():
        wanted = _wanted(model)
        seen = _seen(state)
        for (vrf, name), addresses in sorted(wanted.items()):
            found = seen.get((vrf, name), set())
            for address in sorted(addresses - found, key=str):
                elsewhere = [f"{n} (VRF {v})" for (v, n), have in seen.items() if address in have]
                ledger.wrong(
                    model.hostname, f"{name} address", address, f"on {listed(elsewhere)}" if elsewhere else "missing"
                )
            ledger.ok(len(addresses & found))
        for (vrf, name), addresses in sorted(seen.items()):
            if (vrf, name) not in wanted and not _modelled(model, name):
                continue
            for address in sorted(addresses - wanted.get((vrf, name), set()), key=str):
                ledger.wrong(
                    model.hostname,
                    f"{name} address",
                    "none but the modelled ones",
                    address,
                    severity=Severity.WARNING,
                    hint="added by hand? `net drift` shows the line",
                )
    return ledger.outcome()


def _modelled(model: DeviceModel, name: str) -> bool:
    management = {p.name for p in model.ports if p.kind is PortKind.MANAGEMENT} | {"eth0"}
    names = {p.name for p in model.ports} | {s.name for s in model.svis}
    return name in names - management


def _wanted(model: DeviceModel) -> dict[tuple[str, str], set[Interface]]:
    wanted: dict[tuple[str, str], set[Interface]] = {}
    for loopback in model.loopbacks:
        wanted.setdefault((loopback.vrf, _loopback(loopback.vrf)), set()).update(loopback.addresses)
    for port in model.ports:
        wanted.setdefault((port.vrf, port.name), set()).update(port.addresses)
    for svi in model.svis:
        wanted.setdefault((svi.vrf, svi.name), set()).update(svi.addresses)
    return {key: addresses for key, addresses in wanted.items() if addresses}


def _seen(state: DeviceState) -> dict[tuple[str, str], set[Interface]]:
    seen: dict[tuple[str, str], set[Interface]] = {}
    for link in state.links:
        name = _loopback(link.vrf) if link.name in ("lo", link.vrf) else link.name
        addresses = {a for a in link.addresses if not (a.ip.is_link_local or a.ip.is_loopback)}
        seen.setdefault((link.vrf, name), set()).update(addresses)
    return seen


def _loopback(vrf: str) -> str:
    """A VRF's loopback address stands on its VRF device, or on `lo` where the VRF is a network namespace."""
    return f"loopback of {vrf}"


CHECK = Check("addresses", "Addresses", run)
