"""Tagged subinterfaces become cables of their own, for a kernel without 802.1Q. Their names stay."""

from rtmctl.lab.substitute.ifupdown import Interfaces, Stanza
from rtmctl.lab.substitute.types import Substitution

WHY = "this kernel has no 802.1Q"


def untag(interfaces: Interfaces) -> tuple[Interfaces, list[Substitution]]:
    """Drop what makes an interface a subinterface; its name stays."""
    done: list[Substitution] = []

    def change(stanza: Stanza) -> Stanza:
        if not is_subinterface(stanza):
            return stanza
        done.append(Substitution(stanza.name, WHY, "a tagged VLAN on the port's cable", "a cable of its own"))
        return stanza.without("vlan-raw-device", "vlan-id")

    return interfaces.map(change), done


def is_subinterface(stanza: Stanza) -> bool:
    """By attribute, or by name as ifupdown2 does for `swp1.10`."""
    return stanza.get("vlan-raw-device") is not None or (
        stanza.name.rpartition(".")[2].isdigit() and "." in stanza.name
    )
