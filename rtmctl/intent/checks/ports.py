"""A port that is fixed by the operator is used once."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.hosts import Attachment
from rtmctl.intent.site import KeyPath


def check(draft: Draft) -> Iterator[Finding]:
    """Two externals on one port are right where they are the IPv4 and the IPv6 session of one peer."""
    taken: dict[tuple[str, str, int], tuple[str, KeyPath]] = {}
    for leaf, port, user, path, versions in _fixed(draft):
        for version in versions:
            other = taken.setdefault((leaf, port, version), (user, path))
            if other[0] != user:
                there = draft.where(*other[1])
                message = f"port {port} of {leaf} is taken by {other[0]}"
                also = (there,) if there else ()
                yield Finding("port-clash", message, draft.where(*path), "choose another port", also=also)
                break


def _fixed(draft: Draft) -> Iterator[tuple[str, str, str, KeyPath, tuple[int, ...]]]:
    """(leaf, port, user, place, IP versions it is used for)"""
    racks = draft.racks()
    for name, host in draft.intent.hosts.items():
        if host.port is None:
            continue
        both = host.attachment in (Attachment.ROUTED, Attachment.ESI_LAG)
        leafs = racks.get(host.rack, []) if both else [host.leaf] if host.leaf else []
        for leaf in leafs:
            yield leaf, host.port, f"host '{name}'", ("hosts", name, "port"), (4, 6)
    for name, external in draft.intent.externals.items():
        if external.port is not None:
            place: KeyPath = ("externals", name, "port")
            yield external.border, external.port, f"external '{name}'", place, (external.peer.version,)
