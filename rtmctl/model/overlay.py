"""The overlay on its way to other sessions: EVPN over both kinds of them, so that the old can go when the new stand."""

from dataclasses import replace

from rtmctl.model.blend import default_instance, joined_policies
from rtmctl.model.types import BgpInstance, DeviceModel, Family, Neighbor, NeighborFamily


def evpn_over(model: DeviceModel) -> frozenset[tuple[str, bool, bool]]:
    """Over which sessions a device speaks EVPN: (far device, whether between loopbacks, whether iBGP)."""
    return frozenset(
        (n.remote_device or n.name, n.update_source is not None, n.remote_asn == b.asn)
        for b in model.bgp
        for n in b.neighbors
        if any(f.family is Family.EVPN for f in n.families)
    )


def overlay_moves(old: DeviceModel, new: DeviceModel) -> bool:
    """EVPN runs before and after, and over no session in both: what is learnt from others goes with the old ones."""
    was, now = evpn_over(old), evpn_over(new)
    return bool(was) and bool(now) and was.isdisjoint(now)


def with_evpn_below(model: DeviceModel, *others: DeviceModel) -> DeviceModel:
    """The model, its underlay sessions carrying EVPN too, as eBGP sessions to the same switches do in it or `others`.

    The underlay's sessions stand in every form of the overlay, so EVPN over them bridges any two forms.
    """
    instance = default_instance(model)
    if instance is None:
        return model
    donors: dict[str, NeighborFamily] = {}
    for other in (model, *others):
        found = default_instance(other)
        for neighbor in found.neighbors if found is not None else ():
            if neighbor.remote_device is not None and found is not None and neighbor.remote_asn != found.asn:
                for family in neighbor.families:
                    if family.family is Family.EVPN:
                        donors.setdefault(neighbor.remote_device, family)
    neighbors = tuple(_with(neighbor, donors) for neighbor in instance.neighbors)
    if neighbors == instance.neighbors:
        return model
    bgp: tuple[BgpInstance, ...] = tuple(
        replace(one, neighbors=neighbors) if one is instance else one for one in model.bgp
    )
    policies, lists = model.policies, model.prefix_lists
    for other in others:
        policies, lists = joined_policies((other.policies, other.prefix_lists), (policies, lists))
    return replace(model, bgp=bgp, policies=policies, prefix_lists=lists)


def _with(neighbor: Neighbor, donors: dict[str, NeighborFamily]) -> Neighbor:
    if neighbor.update_source is not None or any(f.family is Family.EVPN for f in neighbor.families):
        return neighbor
    family = donors.get(neighbor.remote_device or "")
    return neighbor if family is None else replace(neighbor, families=(*neighbor.families, family))
