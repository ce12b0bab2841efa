"""The AS plan: spines of a pod share one AS, super-spines one, each leaf and routed host its own (RFC 7938 §5.2)."""

from collections.abc import Iterator

from rtmctl.base import Finding, Severity
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.hosts import Attachment
from rtmctl.intent.schema.pools import bounds
from rtmctl.intent.schema.switches import Role
from rtmctl.intent.site import KeyPath

PRIVATE = ((64512, 65534), (4200000000, 4294967294))
"""RFC 6996 §5"""
RESERVED = {0: "RFC 7607", 23456: "AS_TRANS, RFC 6793 §9", 65535: "RFC 7300", 4294967295: "RFC 7300"}


def check(draft: Draft) -> Iterator[Finding]:
    """Only what the operator fixed can be wrong; what is allocated follows the plan."""
    yield from _kind_of_number(draft)
    yield from _tiers(draft)
    yield from _own(draft)


def _fixed(draft: Draft) -> Iterator[tuple[int, str, KeyPath]]:
    for name, switch in draft.intent.switches.items():
        if switch.asn is not None:
            yield switch.asn, f"{switch.role} '{name}'", ("switches", name, "asn")
    for name, host in draft.intent.hosts.items():
        if host.asn is not None and host.attachment is Attachment.ROUTED:
            yield host.asn, f"host '{name}'", ("hosts", name, "asn")


def _kind_of_number(draft: Draft) -> Iterator[Finding]:
    first, last = bounds(draft.intent.pools.asn)
    where = draft.where("pools", "asn")
    if first <= last and not any(low <= first and last <= high for low, high in PRIVATE):
        message = f"pool 'asn' {first}-{last} leaves the private ranges"
        yield Finding("asn-public", message, where, _private(), Severity.WARNING)
    for asn, owner, path in _fixed(draft):
        if asn in RESERVED:
            yield Finding(
                "asn-reserved", f"AS {asn} of {owner} is reserved ({RESERVED[asn]})", draft.where(*path), _private()
            )
        elif not any(low <= asn <= high for low, high in PRIVATE):
            message = f"AS {asn} of {owner} is not a private one"
            yield Finding("asn-public", message, draft.where(*path), _private(), Severity.WARNING)
    for name, external in draft.intent.externals.items():
        if external.asn in RESERVED:
            message = f"AS {external.asn} of external '{name}' is reserved ({RESERVED[external.asn]})"
            yield Finding("asn-reserved", message, draft.where("externals", name, "asn"))


def _private() -> str:
    return "private: " + ", ".join(f"{low}-{high}" for low, high in PRIVATE) + " (RFC 6996)"


def _tiers(draft: Draft) -> Iterator[Finding]:
    """Spines of one pod, and super-spines, have one AS: a route never goes down, up and down again."""
    first: dict[tuple[Role, str], tuple[int, str]] = {}
    for role in (Role.SPINE, Role.SUPER_SPINE):
        for name, switch in draft.of_role(role).items():
            if switch.asn is None:
                continue
            pod = switch.pod if role is Role.SPINE else ""
            asn, other = first.setdefault((role, pod), (switch.asn, name))
            if asn != switch.asn:
                group = f"the spines of pod '{pod}'" if pod else "super-spines"
                message = f"{group} share one AS: '{other}' has {asn}, '{name}' has {switch.asn}"
                there = draft.where("switches", other, "asn")
                also = (there,) if there else ()
                yield Finding(
                    "asn-clash", message, draft.where("switches", name, "asn"), "give both the same", also=also
                )


def _own(draft: Draft) -> Iterator[Finding]:
    """Tiers, leafs and routed hosts differ: a router drops a route that has passed its own AS (RFC 4271 §9.1.2)."""
    shared = draft.intent.fabric.allow_shared_as
    seen: dict[int, tuple[str, str, KeyPath]] = {}
    for asn, owner, path in _fixed(draft):
        group = _group(draft, path)
        other = seen.setdefault(asn, (group, owner, path))
        if other[2] == path or (other[0] == group and group.startswith("tier")):
            continue
        if shared and group == other[0] == "leaf":
            continue
        there = draft.where(*other[2])
        message = f"AS {asn} of {owner} is also that of {other[1]}"
        hint = "give each its own, or leave it to the pool"
        if group == other[0] == "leaf":
            hint += "; `fabric: {allow_shared_as: true}` if sharing is meant"
        yield Finding("asn-clash", message, draft.where(*path), hint, also=(there,) if there else ())
    for name, external in draft.intent.externals.items():
        if external.asn in seen:
            _, owner, path = seen[external.asn]
            there = draft.where(*path)
            message = f"AS {external.asn} of external '{name}' is also that of {owner}"
            where = draft.where("externals", name, "asn")
            yield Finding(
                "asn-clash", message, where, "an external peer has an AS of its own", also=(there,) if there else ()
            )


def _group(draft: Draft, path: KeyPath) -> str:
    if path[0] == "hosts":
        return "host"
    switch = draft.intent.switches[str(path[1])]
    if switch.role.has_hosts:
        return "leaf"
    return f"tier {switch.role} {switch.pod if switch.role is Role.SPINE else ''}"
