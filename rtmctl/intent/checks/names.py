"""Names that cannot stand: two things of one name, or a name that the switch itself uses."""

import re
from collections.abc import Iterator

from rtmctl.base import Finding, Position
from rtmctl.intent.draft import Draft
from rtmctl.intent.names import SINGULAR
from rtmctl.intent.schema.flows import LEAK

_INTERFACE = re.compile(r"lo|br[0-9]+|eth[0-9]+|swp[0-9]+|vlan[0-9]+|vni[0-9]+|default|all|mgmt|none", re.ASCII)
"""interfaces, tables and keywords of a Linux switch; a VRF is an interface of the tenant's name"""


def check(draft: Draft) -> Iterator[Finding]:
    """Switches, hosts and externals share one name space: cables, labs and certificates know them by name alone."""
    seen: dict[str, tuple[str, Position | None]] = {}
    for section in ("switches", "hosts", "externals"):
        for name in getattr(draft.intent, section):
            here = draft.key(section, name)
            if name in seen:
                other, there = seen[name]
                message = f"{SINGULAR[section]} '{name}' has the name of a {other}"
                also = (there,) if there else ()
                yield Finding("name-clash", message, here, "rename one of the two", also=also)
            else:
                seen[name] = (SINGULAR[section], here)
    for tenant in draft.intent.tenants:
        if _INTERFACE.fullmatch(tenant):
            message = f"'{tenant}' is an interface or keyword on the switches and cannot name a VRF"
            yield Finding("reserved-name", message, draft.key("tenants", tenant), "choose another name")
    if LEAK in draft.intent.externals:
        message = f"'{LEAK}' cannot name an external: `via: {LEAK}` means a route leak"
        yield Finding("reserved-name", message, draft.key("externals", LEAK), "choose another name")
