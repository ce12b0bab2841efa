"""Dummy interfaces (loopbacks inside a VRF) become bridges without ports, for a kernel without `dummy`."""

from rtmctl.lab.substitute.ifupdown import Interfaces, Stanza
from rtmctl.lab.substitute.types import Substitution

WHY = "this kernel has no dummy devices"


def replace(interfaces: Interfaces) -> tuple[Interfaces, list[Substitution]]:
    """A bridge without ports is up, holds addresses and forwards nothing, as a dummy does."""
    done: list[Substitution] = []

    def change(stanza: Stanza) -> Stanza:
        if stanza.get("link-type") != "dummy":
            return stanza
        done.append(Substitution(stanza.name, WHY, "a dummy interface", "a bridge without ports"))
        return stanza.without("link-type").having(("bridge-ports", "none"), ("bridge-stp", "off"))

    return interfaces.map(change), done
