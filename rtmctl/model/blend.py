"""A device part way between two models: what faces some neighbours as it was, everything else as it is to be.

A change to both ends of links is made one spine plane at a time. What stands on the way is a model like any other,
rendered and reviewed as such.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Protocol, TypeAlias, TypeVar

from rtmctl.base.order import natural_key
from rtmctl.model.types import DEFAULT_VRF, Action, BgpInstance, DeviceModel, EthernetPort, Policy, PortKind, PrefixList


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Rules: TypeAlias = tuple[tuple[Policy, ...], tuple[PrefixList, ...]]
"""a device's policies and the lists they use"""
_Item = TypeVar("_Item", bound=_Named)


def blend(old: DeviceModel, new: DeviceModel, waiting: Collection[str]) -> DeviceModel:
    """`new`, but what faces the switches in `waiting` is as in `old`: fabric ports, sessions of the default VRF.

    Policies and lists that only `old` knows stay for the sessions that use them. Where both know a policy it is the
    new one, and it keeps back what either keeps back (RFC 7938 §5.2.1: no valley through a leaf between two planes).
    With nobody waiting it is `new`.

    Raises:
        ValueError: they are models of different devices.
    """
    if old.hostname != new.hostname:
        raise ValueError(f"{old.hostname} and {new.hostname} are two devices")
    faces = frozenset(waiting)
    if not faces:
        return new
    policies, lists = joined_policies((old.policies, old.prefix_lists), (new.policies, new.prefix_lists))
    return replace(
        new,
        ports=_facing(old.ports, new.ports, lambda port: _far(port) in faces),
        bgp=tuple(_instance(old, instance, faces) for instance in new.bgp),
        policies=policies,
        prefix_lists=lists,
        bfd_profiles=_joined(old.bfd_profiles, new.bfd_profiles),
    )


def joined_policies(old: Rules, new: Rules) -> Rules:
    """The policies and prefix lists of both. Of two with one name it is the new one; a policy keeps back what either
    keeps back.
    """
    careful = tuple(_careful(old[0], policy) for policy in new[0])
    return _joined(old[0], careful), _joined(old[1], new[1])


def default_instance(model: DeviceModel) -> BgpInstance | None:
    """BGP in the default VRF, where a device has it."""
    return next((instance for instance in model.bgp if instance.vrf == DEFAULT_VRF), None)


def _instance(old: DeviceModel, new: BgpInstance, faces: frozenset[str]) -> BgpInstance:
    before = default_instance(old)
    if new.vrf != DEFAULT_VRF or before is None:
        return new
    return replace(new, neighbors=_facing(before.neighbors, new.neighbors, lambda n: n.remote_device in faces))


def _facing(old: Iterable[_Item], new: Iterable[_Item], waits: Callable[[_Item], bool]) -> tuple[_Item, ...]:
    """Of both the items that wait, or do not: an interface that moves from one to the other is taken as it was."""
    kept = {item.name: item for item in old if waits(item)}
    found = {item.name: item for item in new if not waits(item)} | kept
    return tuple(found[name] for name in sorted(found, key=natural_key))


def _far(port: EthernetPort) -> str | None:
    return port.peer_device if port.kind is PortKind.FABRIC else None


def _joined(old: Iterable[_Item], new: Iterable[_Item]) -> tuple[_Item, ...]:
    found = {item.name: item for item in old} | {item.name: item for item in new}
    return tuple(found[name] for name in sorted(found))


def _careful(old: Iterable[Policy], policy: Policy) -> Policy:
    """The policy, with what its namesake denies by the AS it was learnt from denied first."""
    denied = {
        term.match_learnt_from: term
        for other in (*(p for p in old if p.name == policy.name), policy)
        for term in other.terms
        if term.action is Action.DENY and term.match_learnt_from is not None
    }
    rest = [term for term in policy.terms if term.match_learnt_from not in denied]
    terms = [denied[asn] for asn in sorted(asn for asn in denied if asn is not None)] + rest
    return replace(policy, terms=tuple(replace(term, sequence=10 * n) for n, term in enumerate(terms, 1)))
