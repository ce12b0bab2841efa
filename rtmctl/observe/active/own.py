"""Do hosts have the addresses the site gives them, and nobody else's? A duplicate that keeps silent is found so too."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from rtmctl.base import RtmctlError
from rtmctl.base.net import Address
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel
from rtmctl.observe.active.send import CONCURRENT_HOSTS
from rtmctl.observe.hosts import HostRunner
from rtmctl.observe.ledger import Ledger
from rtmctl.observe.places import places

OWN = "its own network configuration; in a lab: rtmctl lab up"
Owners = Mapping[tuple[str, Address], frozenset[str]]
"""(tenant, address) to whose it is: hosts, or 'the gateway of SEGMENT'"""


async def ask_hosts(
    fabric: Fabric, models: Mapping[str, DeviceModel], hosts: HostRunner | None, ledger: Ledger
) -> None:
    """Each host of ours that can be entered, by `ip -j addr`."""
    owners = owners_of(fabric, models)
    gate = asyncio.Semaphore(CONCURRENT_HOSTS)

    async def one(host: str, runner: HostRunner) -> None:
        async with gate:
            try:
                answer = (await runner.run(host, ["ip", "-j", "addr"], timeout_s=20)).stdout
                compare(fabric, owners, host, addresses(answer), ledger)
            except RtmctlError as error:
                ledger.not_run(f"{host}: {error.message}")
            except (ValueError, KeyError, TypeError):
                ledger.not_run(f"{host}: `ip -j addr` gave no addresses")

    ours = [h.name for h in fabric.hosts if h.managed]
    if not ours:
        ledger.skip("no host of ours")
    closed = [name for name in ours if hosts is None or name not in hosts.hosts()]
    if closed:
        ledger.not_run(f"{len(closed)} host(s) of ours cannot be entered")
    if hosts is not None:
        await asyncio.gather(*(one(name, hosts) for name in ours if name not in closed))


def addresses(text: str) -> frozenset[Address]:
    """Of all interfaces, by `ip -j addr`; raises ValueError, KeyError, TypeError when it is none."""
    found = {ip_address(a["local"]) for link in json.loads(text) for a in link["addr_info"] if "local" in a}
    return frozenset(a for a in found if not (a.is_loopback or a.is_link_local))


def owners_of(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Owners:
    found: defaultdict[tuple[str, Address], set[str]] = defaultdict(set)
    for host in fabric.hosts:
        for place in places(fabric, host):
            found[place.tenant, place.address].add(host.name)
    for model in models.values():
        names = {vlan.vid: vlan.name for vlan in model.vlans}
        for svi in model.svis:
            for address in svi.addresses:
                found[svi.vrf, address.ip].add(f"the gateway of {names.get(svi.vid, svi.name)}")
    return {key: frozenset(whose) for key, whose in found.items()}


def compare(fabric: Fabric, owners: Owners, host: str, seen: Iterable[Address], ledger: Ledger) -> None:
    """Judge what one host has. Pure but for the ledger."""
    own = places(fabric, fabric.host(host))
    tenants = {place.tenant for place in own}
    have = frozenset(seen)
    for place in own:
        ledger.expect(
            place.address in have,
            host,
            f"address {place.address}",
            "on the host",
            "missing",
            hint=OWN,
        )
    for address in sorted(have, key=str):
        others = {name for t in tenants for name in owners.get((t, address), frozenset())}
        ledger.expect(
            not others or host in others,
            host,
            f"address {address}",
            f"only at {', '.join(sorted(others))}",
            f"also at {host}",
            hint="two hosts with one address: take it from this one",
            about=others,
        )
