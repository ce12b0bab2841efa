"""Every way to spoil a model by one element: an item left out, a value changed, a reference cleared."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network, ip_network
from typing import Any

from rtmctl.model import DeviceModel
from rtmctl.model.types import Action

_EMPTY: dict[str, Any] = {
    "untagged_vlan": 999,
    "lag": "bond9",
    "vni": 999999,
    "anycast_mac": "02:00:00:00:00:09",
    "update_source": IPv4Address("192.0.2.9"),
    "address": IPv4Address("192.0.2.9"),
    "interface": "swp99",
    "multihop": 9,
    "bfd_profile": "other",
    "password": "env:OTHER",
    "local_asn": 64999,
    "allowas_in": 9,
    "maximum_prefixes": 9,
    "match_learnt_from": 64999,
    "set_local_preference": 9,
    "match_community": "no-export",
}
"""what an absent value becomes, by field; other absent values stay absent"""


@dataclass(frozen=True)
class Mutation:
    where: str
    """the field without indexes, as in `bgp.neighbors.remote_asn`, and what was done to it"""
    exact: str
    model: DeviceModel


def mutations(model: DeviceModel) -> Iterator[Mutation]:
    for where, exact, value in _mutate(model, "", ""):
        yield Mutation(where, f"{model.hostname}{exact}", value)


_OF_PERMITS = frozenset({"prepend", "set_local_preference", "set_communities"})
"""what means nothing in a term that denies"""


def _mutate(value: Any, field: str, exact: str) -> Iterator[tuple[str, str, Any]]:
    if is_dataclass(value) and not isinstance(value, type):
        for found in fields(value):
            if not found.init or (getattr(value, "action", None) is Action.DENY and found.name in _OF_PERMITS):
                continue
            inner = getattr(value, found.name)
            for where, at, other in _mutate(inner, found.name, f"{exact}.{found.name}"):
                path = where if where.startswith(found.name) else f"{found.name}.{where}"
                yield path, at, replace(value, **{found.name: other})
    elif isinstance(value, tuple):
        yield from _mutate_items(value, field, exact)
    else:
        for what, other in _others(value, field):
            yield f"{field} {what}", f"{exact} {what}", other


def _mutate_items(items: tuple[Any, ...], field: str, exact: str) -> Iterator[tuple[str, str, Any]]:
    for n, item in enumerate(items):
        label = _name(item, n)
        yield f"{field} left out", f"{exact}[{label}] left out", (*items[:n], *items[n + 1 :])
        for where, at, other in _mutate(item, "", f"{exact}[{label}]"):
            path = f"{field}.{where}" if is_dataclass(item) else f"{field} changed"
            yield path, at, (*items[:n], other, *items[n + 1 :])


def _name(item: Any, n: int) -> str:
    return str(next((getattr(item, key) for key in ("name", "vrf", "family", "vid") if hasattr(item, key)), n))


def _others(value: Any, field: str) -> Iterator[tuple[str, Any]]:
    match value:
        case bool():
            yield "flipped", not value
        case Enum():
            yield "changed", next(other for other in type(value) if other is not value)
        case int():
            yield "changed", value + 1 if field != "le" else value - 1
            if value > 1:
                yield "lowered", value // 2
        case str():
            yield "changed", f"{value}x" if ":" not in value else _other_text(value)
        case IPv4Address() | IPv6Address() | IPv4Interface() | IPv6Interface():
            yield "changed", value + 77
        case IPv4Network() | IPv6Network():
            shifted = int(value.network_address) ^ (1 << (value.max_prefixlen - max(value.prefixlen, 1)))
            yield "changed", ip_network((shifted, value.prefixlen or 1))
            if value.prefixlen:
                yield "widened", value.supernet()
        case None:
            if field in _EMPTY:
                yield "set", _EMPTY[field]
            return
    if field in _EMPTY:
        yield "cleared", None


def _other_text(value: str) -> str:
    return f"{value[:-1]}{'1' if value[-1] != '1' else '2'}"
