"""Drained devices: stored with who, why and until when; plan, verify and drift honour them."""

from collections.abc import Collection

from rtmctl.base import Refused
from rtmctl.change.waves import partners
from rtmctl.fabric.types import Attachment, Fabric
from rtmctl.store import DrainRow, Store


def drained_devices(store: Store, site: str, now: float) -> dict[str, DrainRow]:
    """Drains in force; one whose time has run out no longer counts, and the next plan undrains its device."""
    return {row.device: row for row in store.drains(site) if row.active(now)}


def drain_reason(row: DrainRow) -> str:
    return f"by {row.by}: {row.reason}" if row.reason else f"by {row.by}"


def stranded(fabric: Fabric, device: str, drained: Collection[str]) -> tuple[str, ...]:
    """Hosts that would lose their last way into the network, each with why, were the device drained too.

    An `access` or `trunk` host hangs on one leaf alone; a `routed` host is stranded when every leaf of it is drained.
    """
    gone = {*drained, device}
    found = []
    for host in fabric.hosts_of(device):
        leafs = {cable.leaf for cable in host.links}
        if host.attachment in (Attachment.ACCESS, Attachment.TRUNK):
            found.append(f"{host.name} ({host.attachment.value}, on {device} alone)")
        elif leafs <= gone:
            found.append(f"{host.name} (its leafs {', '.join(sorted(leafs))} would all be drained)")
    return tuple(sorted(found))


def refuse_stranding(fabric: Fabric, device: str, drained: Collection[str], *, strand: bool) -> tuple[str, ...]:
    """What is stranded all the same because the operator said so.

    Raises:
        Refused: hosts would be stranded, or no partner would be left, and `strand` does not override it.
    """
    found = list(stranded(fabric, device, drained))
    others = partners(fabric, device)
    if others and set(others) <= set(drained):
        found.append(f"everything: {', '.join(others)} {'is' if len(others) == 1 else 'are'} drained already")
    if found and not strand:
        raise Refused(
            f"draining {device} would strand {'; '.join(found)}", hint="move them first, or drain anyway with --strand"
        )
    return tuple(found)
