"""Spines, leafs, racks and pods make a Clos fabric (RFC 7938 §3.2)."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.switches import Role

PAIR = 2


def check(draft: Draft) -> Iterator[Finding]:
    """Leafs in racks of at most two, spines in no rack, something of each, pods that reach each other."""
    for name, switch in draft.intent.switches.items():
        if switch.role.has_hosts and switch.rack is None:
            hint = "add `rack: NAME`; two leafs of one rack are a redundant pair"
            yield Finding("leaf-without-rack", f"{switch.role} '{name}' has no rack", draft.key("switches", name), hint)
        if not switch.role.has_hosts and switch.rack is not None:
            message = f"{switch.role} '{name}' stands in rack '{switch.rack}'; racks are for leafs and their hosts"
            yield Finding("spine-with-rack", message, draft.where("switches", name, "rack"), "remove the line")
    yield from _pairs(draft)
    if draft.whole("switches") and draft.intent.switches:
        yield from _completeness(draft)
        yield from _pods(draft)
    elif draft.whole("switches") and ("switches",) in draft.keys:
        yield Finding("incomplete-fabric", "no switch is defined", draft.key("switches"), "add spines and leafs")


def _pairs(draft: Draft) -> Iterator[Finding]:
    for rack, leafs in draft.racks().items():
        first = draft.where("switches", leafs[0], "rack")
        for extra in leafs[PAIR:]:
            message = f"rack '{rack}' has {len(leafs)} leafs ({', '.join(leafs[:4])}{', …' if len(leafs) > 4 else ''})"
            where = draft.where("switches", extra, "rack")
            also = (first,) if first and first != where else ()
            yield Finding("rack-crowded", f"{message}; at most two make a pair", where, "begin another rack", also=also)
        pods = {draft.intent.switches[leaf].pod for leaf in leafs}
        if len(pods) > 1:
            message = f"the leafs of rack '{rack}' are in pods {' and '.join(sorted(pods))}"
            where = draft.where("switches", leafs[-1], "pod")
            also = (first,) if first else ()
            yield Finding("pod-mismatch", message, where, "a pair is cabled to the same spines: one pod", also=also)


def _completeness(draft: Draft) -> Iterator[Finding]:
    here = draft.key("switches")
    if not draft.of_role(Role.SPINE):
        hint = "add one, better two: spine[1-2]: {role: spine}"
        yield Finding("incomplete-fabric", "the fabric has no spine", here, hint)
    if not any(switch.role.has_hosts for switch in draft.intent.switches.values()):
        hint = "add a pair: leaf[1-2]: {role: leaf, rack: r1}"
        yield Finding("incomplete-fabric", "the fabric has no leaf", here, hint)


def _pods(draft: Draft) -> Iterator[Finding]:
    spines = draft.of_role(Role.SPINE)
    supers = draft.of_role(Role.SUPER_SPINE)
    if not spines:
        return
    with_spines = {switch.pod for switch in spines.values()}
    leaf_pods: dict[str, str] = {}
    for name, switch in draft.intent.switches.items():
        if switch.role.has_hosts:
            leaf_pods.setdefault(switch.pod, name)
    for pod, leaf in leaf_pods.items():
        if pod not in with_spines:
            message = f"pod '{pod}' of leaf '{leaf}' has no spine"
            hint = f"pods with spines: {', '.join(sorted(with_spines))}"
            yield Finding("pod-mismatch", message, draft.where("switches", leaf, "pod"), hint)
    for name, switch in spines.items():
        if leaf_pods and switch.pod not in leaf_pods:
            message = f"pod '{switch.pod}' of spine '{name}' has no leaf"
            yield Finding("pod-mismatch", message, draft.where("switches", name, "pod"), _leaf_pods(leaf_pods))
    if len(with_spines) > 1 and not supers:
        message = f"{len(with_spines)} pods ({', '.join(sorted(with_spines))}) and no super-spine to join them"
        hint = "add super1: {role: super-spine}, or put all into one pod"
        yield Finding("pod-mismatch", message, draft.key("switches"), hint)


def _leaf_pods(pods: dict[str, str]) -> str:
    return f"pods with leafs: {', '.join(sorted(pods))}"
