"""DHCP relay where the switches cannot do it yet."""

from collections.abc import Iterator

from rtmctl.base import Finding
from rtmctl.intent.draft import Draft


def check(draft: Draft) -> Iterator[Finding]:
    """A segment with a relay that a leaf of platform frr carries: nothing there would relay.

    Before ISC dhcrelay can do it: it discards replies that come in on an interface without an address, as a VRF's
    transit interface has none, and that interface must then keep its address for ever, because Linux flushes an
    interface's routes with its last address.
    """
    racks = draft.racks()
    for name, segment in draft.intent.segments.items():
        if not segment.dhcp_relay:
            continue
        used = {h.rack for h in draft.intent.hosts.values() if name in (h.segment, *h.segments)}
        leafs = [leaf for rack in racks if rack in (segment.racks or used or racks) for leaf in racks[rack]]
        lacking = next((leaf for leaf in leafs if draft.platform(draft.intent.switches[leaf]) == "frr"), None)
        if lacking is not None:
            message = f"segment '{name}' relays DHCP, which platform frr does not do yet ({lacking})"
            hint = "put a DHCP server, or a relay of its own, into the segment: requests reach it over the fabric"
            yield Finding("dhcp-relay-missing", message, draft.where("segments", name, "dhcp_relay"), hint)
