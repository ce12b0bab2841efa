"""The drained form of a model that exists: the same sessions, and traffic asked to go elsewhere (RFC 8326 §4.1).

`build_models(fabric, drained)` makes it of what the site says. This makes it of what runs, so that traffic can leave
before anything else changes.
"""

from dataclasses import replace

from rtmctl.model.policies import GRACEFUL_SHUTDOWN, PREPEND
from rtmctl.model.types import Action, DeviceModel, Policy, PolicyTerm


def drained(model: DeviceModel) -> DeviceModel:
    """Every export policy announces GRACEFUL_SHUTDOWN, and prepends toward other ASes."""
    exports: dict[str, bool] = {}
    for instance in model.bgp:
        for neighbor in instance.neighbors:
            internal = neighbor.remote_asn == instance.asn
            for family in neighbor.families:
                if family.export_policy is not None:
                    exports[family.export_policy] = exports.get(family.export_policy, False) or not internal
    policies = (
        _leaving(policy, prepend=exports[policy.name]) if policy.name in exports else policy
        for policy in model.policies
    )
    return replace(model, policies=tuple(policies), drained=True)


def _leaving(policy: Policy, *, prepend: bool) -> Policy:
    return replace(policy, terms=tuple(_asking(term, prepend) for term in policy.terms))


def _asking(term: PolicyTerm, prepend: bool) -> PolicyTerm:
    if term.action is Action.DENY:
        return term
    others = tuple(community for community in term.set_communities if community != GRACEFUL_SHUTDOWN)
    return replace(term, set_communities=(GRACEFUL_SHUTDOWN, *others), prepend=PREPEND if prepend else term.prepend)
