"""Where segments reach: local ones stay in a rack, and hosts stand where their segments are."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft
from rtmctl.intent.schema.hosts import Attachment


def check(draft: Draft) -> Iterator[Finding]:
    """A local segment in one rack only; no host of a segment in a rack it is not stretched to."""
    intent = draft.intent
    rack_of_local: dict[str, tuple[str, str]] = {}
    for name, segment in intent.segments.items():
        if segment.local and len(set(segment.racks)) > 1:
            message = f"segment '{name}' is local and lists {len(set(segment.racks))} racks"
            hint = "list one rack, or take `local: true` away to stretch it by VXLAN"
            yield Finding("local-segment-spans", message, draft.key("segments", name, "racks"), hint)
    for name, host in intent.hosts.items():
        if host.attachment is Attachment.ROUTED:
            continue
        for key, number, segment_name in _used(host.segment, host.segments):
            used = intent.segments.get(segment_name)
            if used is None:
                continue
            place = draft.where("hosts", name, key) if number is None else draft.where("hosts", name, key, number)
            if used.racks and host.rack not in used.racks:
                listed = draft.key("segments", segment_name, "racks")
                message = f"segment '{segment_name}' is not stretched to rack '{host.rack}' of host '{name}'"
                hint = f"add {host.rack} to its racks ({', '.join(used.racks)})"
                yield Finding("segment-not-in-rack", message, place, hint, also=(listed,) if listed else ())
            elif used.local:
                rack, first = rack_of_local.setdefault(segment_name, (host.rack, name))
                if rack != host.rack:
                    message = f"segment '{segment_name}' is local to rack '{rack}' by host '{first}'"
                    hint = "take `local: true` away to stretch it by VXLAN"
                    yield Finding("local-segment-spans", f"{message}; '{name}' is in '{host.rack}'", place, hint)


def _used(untagged: str | None, tagged: tuple[str, ...]) -> Iterator[tuple[str, int | None, str]]:
    if untagged is not None:
        yield "segment", None, untagged
    for number, segment in enumerate(tagged):
        yield "segments", number, segment
