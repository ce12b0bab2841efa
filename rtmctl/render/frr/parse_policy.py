"""Prefix lists, route maps and BFD profiles of frr.conf read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network

from rtmctl.base.net import Network
from rtmctl.model.types import Action, BfdProfile, Policy, PolicyTerm, PrefixList, PrefixRule
from rtmctl.render.frr.parse_bgp import garbage, number
from rtmctl.render.frr.spelling import BFD_INTERVAL_MS, BFD_MULTIPLIER, LEAKS
from rtmctl.render.frr.tree import Node

_ANY = {"ip": "0.0.0.0/0", "ipv6": "::/0"}


@dataclass(slots=True)
class ReadPolicies:
    lists: dict[str, list[PrefixRule]] = field(default_factory=dict)
    policies: dict[str, list[PolicyTerm]] = field(default_factory=dict)
    called: dict[str, dict[str, str]] = field(default_factory=dict)
    """gathering route map → source VRF → the policy it calls"""
    bfd: list[BfdProfile] = field(default_factory=list)

    def prefix_lists(self) -> tuple[PrefixList, ...]:
        return tuple(PrefixList(name, tuple(rules)) for name, rules in sorted(self.lists.items()))

    def all_policies(self) -> tuple[Policy, ...]:
        return tuple(Policy(name, tuple(terms)) for name, terms in sorted(self.policies.items()))


def read_prefix_rule(found: ReadPolicies, node: Node) -> None:
    """`ip prefix-list NAME seq N permit PREFIX [ge N] [le N]`; raises ValueError naming the line."""
    match node.words:
        case [version, "prefix-list", name, "seq", _, action, "any"]:
            network = _network(_ANY[version], node)
            rule = PrefixRule(_action(action, node), network, le=network.max_prefixlen)
        case [_, "prefix-list", name, "seq", _, action, prefix, *bounds]:
            rule = PrefixRule(_action(action, node), _network(prefix, node))
            rule = _bounded(rule, bounds, node)
        case _:
            raise garbage(node)
    found.lists.setdefault(name, []).append(rule)


def _bounded(rule: PrefixRule, words: list[str], node: Node) -> PrefixRule:
    match words:
        case []:
            return rule
        case ["ge", ge, "le", le]:
            return replace(rule, ge=number(ge, node), le=number(le, node))
        case ["ge", ge]:
            return replace(rule, ge=number(ge, node))
        case ["le", le]:
            return replace(rule, le=number(le, node))
        case _:
            raise garbage(node)


def read_route_map(found: ReadPolicies, node: Node) -> None:
    """Raises ValueError naming the line."""
    match node.words:
        case ["route-map", name, "permit", _] if name.startswith(LEAKS):
            vrf, policy = _leak(node)
            found.called.setdefault(name, {})[vrf] = policy
        case ["route-map", name, "deny", "65535"] if not node.children:
            found.policies.setdefault(name, [])
        case ["route-map", name, action, sequence]:
            term = PolicyTerm(number(sequence, node), _action(action, node))
            for child in node.children:
                term = _term(term, child)
            found.policies.setdefault(name, []).append(term)
        case _:
            raise garbage(node)


def _leak(node: Node) -> tuple[str, str]:
    said: Mapping[str, str] = {" ".join(child.words[:-1]): child.words[-1] for child in node.children}
    if set(said) != {"call", "match source-vrf"}:
        raise garbage(node)
    return said["match source-vrf"], said["call"]


def _term(term: PolicyTerm, node: Node) -> PolicyTerm:
    match node.words:
        case ["match", "as-path", name] if name.startswith("learnt-from-"):
            term = replace(term, match_learnt_from=number(name.removeprefix("learnt-from-"), node))
        case ["match", "community", community]:
            term = replace(term, match_community=community)
        case ["match", "interface", interface]:
            term = replace(term, match_interface=interface)
        case ["match", "ip" | "ipv6", "address", "prefix-list", name]:
            term = replace(term, match_prefix_list=name)
        case ["set", "as-path", "prepend", *asns]:
            term = replace(term, prepend=len(asns))
        case ["set", "community", *communities, "additive"]:
            term = replace(term, set_communities=tuple(communities))
        case ["set", "local-preference", preference]:
            term = replace(term, set_local_preference=number(preference, node))
        case _:
            raise garbage(node)
    return term


def read_bfd(found: ReadPolicies, node: Node) -> None:
    """Raises ValueError naming the line."""
    for child in node.children:
        if len(child.words) != 2 or child.words[0] != "profile":
            raise garbage(child)
        profile = BfdProfile(child.words[1], BFD_INTERVAL_MS, BFD_INTERVAL_MS, BFD_MULTIPLIER)
        for line in child.children:
            match line.words:
                case ["detect-multiplier", value]:
                    profile = replace(profile, multiplier=number(value, line))
                case ["transmit-interval", value]:
                    profile = replace(profile, tx_ms=number(value, line))
                case ["receive-interval", value]:
                    profile = replace(profile, rx_ms=number(value, line))
                case _:
                    raise garbage(line)
        found.bfd.append(profile)


def _action(text: str, node: Node) -> Action:
    if text not in ("permit", "deny"):
        raise garbage(node)
    return Action(text)


def _network(text: str, node: Node) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise garbage(node) from None
