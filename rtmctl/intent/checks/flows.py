"""The flow matrix: what it can say, and where flows between VRFs meet."""

from collections.abc import Iterator

from rtmctl.base import Finding, Severity
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.flows import LEAK, Flow, Protocol
from rtmctl.intent.schema.tenants import TenantPolicy


def check(draft: Draft) -> Iterator[Finding]:
    """Flows between segments of one VRF are filtered there; between VRFs they need a firewall or a leak."""
    seen: dict[Flow, int] = {}
    for number, flow in enumerate(draft.intent.flows):
        first = seen.setdefault(flow.model_copy(update={"description": ""}), number)
        if first != number:
            there = draft.where("flows", first)
            message = f"flow {number + 1} says the same as flow {first + 1}"
            also = (there,) if there else ()
            yield Finding(
                "flow-without-effect", message, draft.where("flows", number), "remove one", Severity.WARNING, also
            )
        if flow.ports and flow.protocol not in (Protocol.TCP, Protocol.UDP):
            message = f"protocol {flow.protocol} has no ports"
            hint = "add `protocol: tcp` or `protocol: udp`"
            yield Finding("flow-ports", message, draft.key("flows", number, "ports"), hint)
        source = draft.intent.segments.get(flow.source)
        to = draft.intent.segments.get(flow.to)
        if source is None or to is None:
            continue
        if flow.source == flow.to:
            message = f"traffic inside segment '{flow.to}' passes no gateway and cannot be filtered"
            yield Finding("flow-inside-segment", message, draft.where("flows", number, "to"), "remove the flow")
        elif source.tenant == to.tenant:
            yield from _within(draft, number, flow, source.tenant)
        else:
            yield from _between(draft, number, flow, source.tenant, to.tenant)


def _within(draft: Draft, number: int, flow: Flow, name: str) -> Iterator[Finding]:
    tenant = draft.intent.tenants.get(name)
    if tenant is not None and tenant.policy is TenantPolicy.OPEN:
        message = f"tenant '{name}' is open: all its segments reach each other with or without this flow"
        hint = f"`policy: flows` on tenant '{name}' lets only listed flows pass"
        yield Finding("flow-without-effect", message, draft.where("flows", number, "to"), hint, Severity.WARNING)
    if flow.via is not None:
        message = f"both segments are in tenant '{name}': the flow meets nothing on its way"
        yield Finding("flow-meeting-point", message, draft.where("flows", number, "via"), "remove `via`")


def _between(draft: Draft, number: int, flow: Flow, source: str, to: str) -> Iterator[Finding]:
    path = f"'{flow.source}' (tenant {source}) and '{flow.to}' (tenant {to})"
    legs = {e.tenant: name for name, e in draft.intent.externals.items() if e.firewall}
    if flow.via is None:
        message = f"{path} are in different VRFs, and the flow names no meeting point"
        known = [name for name, e in draft.intent.externals.items() if e.firewall and e.tenant in (source, to)]
        hint = f"add `via: {LEAK}`" + (
            f" or a firewall: {', '.join(known)}" if known else ", or an external with `firewall: true`"
        )
        yield Finding("flow-meeting-point", message, draft.where("flows", number, "to"), hint)
        return
    where = draft.where("flows", number, "via")
    if flow.via == LEAK:
        yield from _leak(draft, number, flow)
        return
    external = draft.intent.externals.get(flow.via)
    if external is None:
        return
    if not external.firewall:
        message = f"external '{flow.via}' is no firewall"
        yield Finding("flow-meeting-point", message, where, f"add `firewall: true` to it, or `via: {LEAK}`")
    elif external.tenant not in (source, to):
        message = f"firewall '{flow.via}' peers in tenant '{external.tenant}', the flow is between {source} and {to}"
        yield Finding("flow-meeting-point", message, where, f"name one in tenant {source} or {to}")
    elif draft.whole("externals"):
        for tenant in (source, to):
            if tenant not in legs:
                message = f"tenant '{tenant}' has no firewall external, so the flow cannot come out there"
                hint = f"add the firewall's leg in '{tenant}' as an external with `firewall: true`"
                yield Finding("flow-meeting-point", message, where, hint)


def _leak(draft: Draft, number: int, flow: Flow) -> Iterator[Finding]:
    for one in draft.intent.segments[flow.source].subnets:
        for other in draft.intent.segments[flow.to].subnets:
            if one.version == other.version and one.overlaps(other):
                message = f"{one} of '{flow.source}' and {other} of '{flow.to}' overlap and cannot be leaked"
                yield Finding(
                    "overlap",
                    message,
                    draft.where("flows", number, "via"),
                    "only a firewall that translates can join them",
                )
