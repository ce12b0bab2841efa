"""What each way of attaching a host needs, and what it has no use for."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.hosts import Attachment, Host

NEEDS: dict[Attachment, tuple[str, ...]] = {
    Attachment.ACCESS: ("segment",),
    Attachment.TRUNK: ("segments",),
    Attachment.ROUTED: ("tenant", "services"),
    Attachment.ESI_LAG: ("segment",),
}
USELESS: dict[Attachment, tuple[str, ...]] = {
    Attachment.ACCESS: ("segments", "tenant", "services", "asn"),
    Attachment.TRUNK: ("tenant", "services", "asn"),
    Attachment.ROUTED: ("segment", "segments", "leaf", "addresses"),
    Attachment.ESI_LAG: ("segments", "tenant", "services", "asn", "leaf"),
}
EXAMPLES = {
    "segment": "`segment: NAME`",
    "segments": "`segments: [NAME, …]`, the tagged ones",
    "tenant": "`tenant: NAME`, the VRF its BGP session is in",
    "services": "`services: [ADDRESS/32]`, what it announces",
}


def check(draft: Draft) -> Iterator[Finding]:
    """Missing and meaningless keys, leafs of another rack, and esi-lag where it cannot work."""
    racks = draft.racks()
    for name, host in draft.intent.hosts.items():
        for key in NEEDS[host.attachment]:
            if not getattr(host, key):
                message = f"host '{name}' is attached by {host.attachment}, which needs {EXAMPLES[key]}"
                yield Finding("attachment-incomplete", message, draft.key("hosts", name), _other_way(host))
        for key in USELESS[host.attachment]:
            if getattr(host, key):
                message = f"'{key}' means nothing on host '{name}', which is attached by {host.attachment}"
                ways = [way for way, useless in USELESS.items() if key not in useless]
                hint = f"remove it, or attach the host by {' or '.join(ways)}"
                yield Finding("attachment-misfit", message, draft.key("hosts", name, key), hint)
        if host.segment is not None and host.attachment is Attachment.TRUNK and host.segment in host.segments:
            message = f"segment '{host.segment}' is both the untagged and a tagged one of host '{name}'"
            yield Finding("attachment-misfit", message, draft.where("hosts", name, "segment"), "name it once")
        for number, service in enumerate(host.services):
            if service.network.num_addresses != 1:
                message = f"service {service} of host '{name}' is more than one address"
                hint = f"services are host routes: {service.ip}/{service.max_prefixlen}"
                yield Finding("service-not-host-route", message, draft.where("hosts", name, "services", number), hint)
        yield from _leaf(draft, racks, name, host)
        if host.attachment is Attachment.ESI_LAG:
            yield from _esi_lag(draft, racks, name, host)


def _other_way(host: Host) -> str:
    match host:
        case Host(attachment=Attachment.ACCESS, segments=(_, *_)):
            return "with `segments` it is `attachment: trunk`"
        case Host(attachment=Attachment.ACCESS, services=(_, *_)):
            return "with `services` it is `attachment: routed`"
        case Host(attachment=Attachment.TRUNK, segment=str()):
            return "with one untagged segment alone it is `attachment: access`"
    return ""


def _leaf(draft: Draft, racks: dict[str, list[str]], name: str, host: Host) -> Iterator[Finding]:
    where = draft.where("hosts", name, "leaf")
    leafs = racks.get(host.rack, [])
    if host.leaf in draft.intent.switches and host.leaf not in leafs:
        switch = draft.intent.switches[host.leaf]
        if not switch.role.has_hosts:
            message = f"'{host.leaf}' is a {switch.role}; hosts hang on leafs"
        else:
            message = f"leaf '{host.leaf}' is not in rack '{host.rack}' of host '{name}'"
        hint = f"leafs of the rack: {', '.join(leafs)}" if leafs else ""
        yield Finding("leaf-not-in-rack", message, where, hint)
    if host.port is not None and host.leaf is None and host.attachment in (Attachment.ACCESS, Attachment.TRUNK):
        message = f"host '{name}' fixes a port, but not its leaf"
        yield Finding("attachment-incomplete", message, draft.where("hosts", name, "port"), "add `leaf: NAME`")


def _esi_lag(draft: Draft, racks: dict[str, list[str]], name: str, host: Host) -> Iterator[Finding]:
    where = draft.where("hosts", name, "attachment")
    leafs = racks.get(host.rack, [])
    if len(leafs) == 1 and draft.whole("switches"):
        message = f"a LAG to both leafs, but rack '{host.rack}' has only {leafs[0]}"
        yield Finding("attachment-incomplete", message, where, "add the second leaf, or attach it by access")
    for leaf in leafs:
        if draft.platform(draft.intent.switches[leaf]) == "frr":
            message = f"esi-lag does not work on platform frr ({leaf})"
            hint = (
                "the Linux data plane installs neither split horizon nor designated forwarder filters: broadcasts "
                "come twice; use `routed`, or `access`"
            )
            yield Finding("esi-lag-unproven", message, where, hint)
            return
