"""Duplicate addresses: one MAC at two places, one IP address with two MACs, a host that took a gateway's address."""

from collections import defaultdict

from rtmctl.base.net import Address
from rtmctl.observe.checks._check import Check
from rtmctl.observe.ledger import Ledger, listed
from rtmctl.observe.seen import local_hosts, own_entries
from rtmctl.observe.types import Outcome, Reading


def run(reading: Reading) -> Outcome:
    """A host that just moved looks like a duplicate until its old entry ages; verify reads again within its bound."""
    ledger = Ledger(CHECK.name)
    _macs(ledger, reading)
    _addresses(ledger, reading)
    _gateways(ledger, reading)
    _switch_addresses(ledger, reading)
    return ledger.outcome()


def _macs(ledger: Ledger, reading: Reading) -> None:
    places: defaultdict[tuple[int, str], set[tuple[str, str]]] = defaultdict(set)
    for model, state in reading.pairs():
        for vni, entry in own_entries(model, state):
            places[vni, entry.mac.lower()].add((model.hostname, entry.port or ""))
    shared = _multihomed(reading)
    for (vni, mac), seen in sorted(places.items()):
        ports = {f"{device} {port}" for device, port in seen}
        hosts = {shared.get(place) for place in seen}
        one_host = len(hosts) == 1 and None not in hosts
        ledger.expect(
            len(seen) == 1 or one_host,
            min(seen)[0],
            f"MAC {mac} in VNI {vni}",
            "at one port",
            f"at {listed(ports)}",
            hint="two hosts with one MAC, a loop behind a port, or a host that moved a moment ago",
        )


def _multihomed(reading: Reading) -> dict[tuple[str, str], str]:
    """(leaf, port) to the host for hosts whose one LAG ends on two leafs: their MAC is rightly at both."""
    return {
        (cable.leaf, cable.port): host.name
        for host in reading.fabric.hosts
        if len(host.links) > 1
        for cable in host.links
    }


def _addresses(ledger: Ledger, reading: Reading) -> None:
    owners: defaultdict[tuple[str, Address], dict[str, str]] = defaultdict(dict)
    vrf_of_rd = _vrf_of_rd(reading)
    device_of = {str(m.vtep): name for name, m in reading.models.items() if m.vtep is not None}
    for model, state in reading.pairs():
        for (vrf, address), mac in local_hosts(model, state).items():
            owners[vrf, address][mac] = model.hostname
        for route in state.evpn:
            tenant = vrf_of_rd.get(route.rd)
            if route.route_type != 2 or route.ip is None or route.mac is None or tenant is None:
                continue
            if not route.ip.is_link_local:
                owners[tenant, route.ip].setdefault(
                    route.mac.lower(), device_of.get(route.originator or "", route.originator or model.hostname)
                )
    for (vrf, address), macs in sorted(owners.items(), key=str):
        ledger.expect(
            len(macs) == 1,
            min(macs.values()),
            f"{address} in VRF {vrf}",
            "one MAC",
            listed(f"{mac} at {place}" for mac, place in macs.items()),
            hint="two hosts with one address",
        )


def _vrf_of_rd(reading: Reading) -> dict[str, str]:
    """RD of a MAC-VRF to the tenant VRF of its SVI."""
    found: dict[str, str] = {}
    for model in reading.models.values():
        vrf_of_vlan = {s.vid: s.vrf for s in model.svis}
        vlan_of_vni = {v.vni: v.vid for v in model.vlans}
        for mac_vrf in model.mac_vrfs:
            vlan = vlan_of_vni.get(mac_vrf.vni)
            if vlan in vrf_of_vlan:
                found[mac_vrf.rd] = vrf_of_vlan[vlan]
    return found


def _gateways(ledger: Ledger, reading: Reading) -> None:
    gateways = {
        (svi.vrf, address.ip): svi.anycast_mac
        for model in reading.models.values()
        for svi in model.svis
        for address in svi.addresses
    }
    for model, state in reading.pairs():
        for (vrf, address), mac in local_hosts(model, state).items():
            if (vrf, address) in gateways:
                ledger.wrong(
                    model.hostname,
                    f"gateway {address} in VRF {vrf}",
                    f"only at {gateways[vrf, address]}",
                    f"also at {mac}",
                    hint="a host took the gateway's address",
                )


def _switch_addresses(ledger: Ledger, reading: Reading) -> None:
    """Loopbacks, VTEPs and link addresses: on two devices only where both models say so (anycast)."""
    seen: defaultdict[Address, set[str]] = defaultdict(set)
    for model, state in reading.pairs():
        for link in state.links:
            if link.vrf == "default":
                for address in link.addresses:
                    if not (address.ip.is_link_local or address.ip.is_loopback):
                        seen[address.ip].add(model.hostname)
    wanted: defaultdict[Address, set[str]] = defaultdict(set)
    for name, model in reading.models.items():
        for addresses in (*(lo.addresses for lo in model.loopbacks), *(port.addresses for port in model.ports)):
            for address in addresses:
                wanted[address.ip].add(name)
    for ip, devices in sorted(seen.items(), key=str):
        ledger.expect(
            len(devices) == 1 or devices <= wanted.get(ip, set()), min(devices), str(ip), "one device", listed(devices)
        )


CHECK = Check("duplicates", "Duplicate addresses", run)
