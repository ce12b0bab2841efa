"""Every name that is used is defined somewhere."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft, dangling
from rtmctl.intent.names import suggest
from rtmctl.intent.schema.flows import LEAK
from rtmctl.intent.site import KeyPath

Use = tuple[str, str, KeyPath]
"""(section, name, where it is used)"""


def check(draft: Draft) -> Iterator[Finding]:
    """Dangling references, each with the nearest known name."""
    for section, name, path in _uses(draft):
        finding = dangling(draft, section, name, *path)
        if finding is not None:
            yield finding
    yield from _racks(draft)


def _uses(draft: Draft) -> Iterator[Use]:
    intent = draft.intent
    for name, segment in intent.segments.items():
        yield "tenants", segment.tenant, ("segments", name, "tenant")
    for name, host in intent.hosts.items():
        for key, section, used in (
            ("segment", "segments", host.segment),
            ("tenant", "tenants", host.tenant),
            ("leaf", "switches", host.leaf),
        ):
            if used is not None:
                yield section, used, ("hosts", name, key)
        for number, segment_name in enumerate(host.segments):
            yield "segments", segment_name, ("hosts", name, "segments", number)
    for name, external in intent.externals.items():
        yield "switches", external.border, ("externals", name, "border")
        yield "tenants", external.tenant, ("externals", name, "tenant")
    for number, flow in enumerate(intent.flows):
        yield "segments", flow.source, ("flows", number, "from")
        yield "segments", flow.to, ("flows", number, "to")
        if flow.via is not None and flow.via != LEAK:
            yield "externals", flow.via, ("flows", number, "via")


def _racks(draft: Draft) -> Iterator[Finding]:
    # a rack is known by its leafs; a refused switch may be the one that stands in it
    if not draft.whole("switches"):
        return
    racks = draft.racks()
    used: list[tuple[str, KeyPath]] = [
        (host.rack, ("hosts", name, "rack")) for name, host in draft.intent.hosts.items()
    ]
    for name, segment in draft.intent.segments.items():
        used += [(rack, ("segments", name, "racks", number)) for number, rack in enumerate(segment.racks)]
    for rack, path in used:
        if rack not in racks:
            hint = suggest(rack, racks) or "a rack is where a leaf stands: give a leaf `rack: NAME`"
            yield Finding("unknown-name", f"no leaf stands in a rack '{rack}'", draft.where(*path), hint)
