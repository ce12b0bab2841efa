"""EVPN: VNIs, remote VTEPs, and the routes of type 3, 5 and 2 that must be there (RFC 7432 §7, RFC 9136)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rtmctl.base.net import Address, Network
from rtmctl.device.state import DeviceState
from rtmctl.model.types import DeviceModel, Family
from rtmctl.observe.checks._check import Check
from rtmctl.observe.expect import instance, l2_members, l3_vnis, originated
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.seen import local_macs
from rtmctl.observe.types import Outcome, Reading


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Routes that some device originates, by (type, RD)."""

    inclusive: Mapping[int, Mapping[str, tuple[str, Address]]]
    """type 3: VNI to device to (RD, VTEP)"""
    prefixes: Mapping[str, Mapping[str, tuple[str, frozenset[Network]]]]
    """type 5: VRF to device to (RD, prefixes)"""
    macs: Mapping[int, Mapping[str, frozenset[str]]]
    """type 2: VNI to device to MACs of hosts that it sees on its own ports"""


def run(reading: Reading) -> Outcome:
    """Leafs must hold the routes of the VNIs and VRFs they carry; a spine that reflects or passes on, all of them."""
    ledger = Ledger(CHECK.name)
    members = l2_members(reading.models)
    wanted = _wanted(reading)
    for model, state in reading.pairs():
        if model.vtep is not None:
            _vnis(ledger, model, state, members)
        if _speaks_evpn(model):
            _routes(ledger, model, state, wanted, reading)
    return ledger.outcome()


def _speaks_evpn(model: DeviceModel) -> bool:
    return any(f.family is Family.EVPN for bgp in model.bgp for n in bgp.neighbors for f in n.families)


def _vnis(ledger: Ledger, model: DeviceModel, state: DeviceState, members: Mapping[int, Mapping[str, Address]]) -> None:
    device = model.hostname
    seen = {v.vni: v for v in state.vnis}
    layer3 = l3_vnis(model)
    layer2 = {v.vni: v for v in model.vlans if v.vni is not None and v.vni not in layer3}
    for vni, vlan in sorted(layer2.items()):
        found = seen.get(vni)
        subject = f"VNI {vni} ({vlan.name})"
        if found is None or found.layer != 2:
            ledger.wrong(device, subject, "an L2 VNI", "missing" if found is None else f"an L{found.layer} VNI")
            continue
        ledger.ok()
        vteps = {vtep for name, vtep in members[vni].items() if name != device}
        remote = set(found.remote_vteps)
        about = [name for name, vtep in members[vni].items() if vtep in vteps ^ remote]
        ledger.expect(
            remote == vteps, device, f"{subject} remote VTEPs", listed(vteps), _difference(vteps, remote), about=about
        )
    for vni, vrf in sorted(layer3.items()):
        found = seen.get(vni)
        subject = f"VNI {vni} (VRF {vrf})"
        if found is None or found.layer != 3:
            ledger.wrong(device, subject, "an L3 VNI", "missing" if found is None else f"an L{found.layer} VNI")
        else:
            ledger.expect(found.vrf == vrf, device, subject, f"in VRF {vrf}", f"in VRF {found.vrf}")
    for vni in sorted(seen.keys() - layer2.keys() - layer3.keys()):
        ledger.wrong(device, f"VNI {vni}", "no such VNI", f"an L{seen[vni].layer} VNI on {seen[vni].device}")


def _difference(wanted: Iterable[Address], seen: Iterable[Address]) -> str:
    missing, extra = set(wanted) - set(seen), set(seen) - set(wanted)
    parts = [f"{listed(missing)} missing"] if missing else []
    if extra:
        parts.append(f"{listed(extra)} unexpected")
    return ", ".join(parts) or listed(seen)


def _wanted(reading: Reading) -> _Wanted:
    inclusive: dict[int, dict[str, tuple[str, Address]]] = {}
    prefixes: dict[str, dict[str, tuple[str, frozenset[Network]]]] = {}
    macs: dict[int, dict[str, frozenset[str]]] = {}
    for name, model in reading.models.items():
        if model.vtep is None:
            continue
        carried = {v.vni for v in model.vlans}
        for mac_vrf in model.mac_vrfs:
            if mac_vrf.vni in carried:
                inclusive.setdefault(mac_vrf.vni, {})[name] = (mac_vrf.rd, model.vtep)
        for vrf in model.vrfs:
            bgp = instance(model, vrf.name)
            families = bgp.advertise_to_evpn if bgp is not None else ()
            versions = {4 if f is Family.IPV4 else 6 for f in families}
            nets = frozenset(n for n in originated(model, vrf.name) if n.version in versions)
            prefixes.setdefault(vrf.name, {})[name] = (vrf.rd, nets)
        if name in reading.states:
            for vni, found in local_macs(model, reading.states[name]).items():
                macs.setdefault(vni, {})[name] = found
    return _Wanted(inclusive, prefixes, macs)


def _routes(ledger: Ledger, model: DeviceModel, state: DeviceState, wanted: _Wanted, reading: Reading) -> None:
    device = model.hostname
    type3 = {(r.rd, r.originator) for r in state.evpn if r.route_type == 3}
    type5 = {(r.rd, r.prefix) for r in state.evpn if r.route_type == 5}
    type2 = {(r.rd, (r.mac or "").lower()) for r in state.evpn if r.route_type == 2}
    vnis, vrfs = _scope(model, wanted)
    for vni in sorted(vnis):
        missing = {
            name: f"{name} ({vtep})"
            for name, (rd, vtep) in wanted.inclusive[vni].items()
            if name != device and (rd, str(vtep)) not in type3
        }
        total = sum(1 for name in wanted.inclusive[vni] if name != device)
        ledger.ok(total - len(missing))
        if missing:
            ledger.wrong(
                device, f"EVPN type 3, VNI {vni}", f"a route of {listed(missing.values())}", "missing", about=missing
            )
        for name, macs in wanted.macs.get(vni, {}).items():
            rd = wanted.inclusive[vni].get(name, ("", None))[0]
            lost = [mac for mac in macs if (rd, mac) not in type2]
            if name == device:
                continue
            ledger.ok(len(macs) - len(lost))
            if lost:
                ledger.wrong(device, f"EVPN type 2, VNI {vni}", f"{listed(lost)} from {name}", "missing", about=[name])
    for vrf in sorted(vrfs):
        for name, (rd, nets) in sorted(wanted.prefixes[vrf].items()):
            if name == device:
                continue
            absent = [net for net in nets if (rd, net) not in type5]
            ledger.ok(len(nets) - len(absent))
            if absent:
                ledger.wrong(
                    device, f"EVPN type 5, VRF {vrf}", f"{listed(absent)} from {name}", "missing", about=[name]
                )


def _scope(model: DeviceModel, wanted: _Wanted) -> tuple[set[int], set[str]]:
    if model.vtep is None:
        return set(wanted.inclusive), set(wanted.prefixes)
    vnis = {v.vni for v in model.vlans if v.vni is not None} & set(wanted.inclusive)
    return vnis, {v.name for v in model.vrfs} & set(wanted.prefixes)


CHECK = Check("evpn", "EVPN: VNIs, VTEPs, routes of type 2, 3 and 5", run)
