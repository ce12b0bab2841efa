"""One pure pass from the production form of a device's configuration to what this machine's kernel can do, and back.

The production form is what a real switch gets; it is never mixed with this. Each thing that is replaced is a record
that is printed: what, why, and both forms. On a kernel that lacks nothing the text comes back unchanged.
"""

from rtmctl.lab.features import Features
from rtmctl.lab.substitute import bridges, dummies, sysctls, trunks, vrfs
from rtmctl.lab.substitute.carried import carried, carry
from rtmctl.lab.substitute.ifupdown import Interfaces
from rtmctl.lab.substitute.types import Substitution
from rtmctl.model.config import DeviceConfig

__all__ = ["Substitution", "adapt", "restore"]


def adapt(config: DeviceConfig, features: Features) -> tuple[DeviceConfig, tuple[Substitution, ...]]:
    """The configuration in lab form and what was substituted, in a fixed order.

    Order matters: a VLAN-aware bridge becomes bridges and tagged subinterfaces, those become cables of their own,
    and only then is it clear which interfaces a VRF's namespace must hold.
    """
    production = carried(config)
    interfaces = Interfaces.parse(config.get("interfaces"))
    done: list[Substitution] = []
    if not features.vlan_filtering:
        interfaces, more = bridges.split(interfaces)
        done += more
    if not features.vlan:
        interfaces, more = trunks.untag(interfaces)
        done += more
    if not features.vrf:
        spaces = vrfs.membership(interfaces)
        config, more = vrfs.frr(config, spaces, features)
        interfaces, others = vrfs.to_namespaces(interfaces)
        done += [*others, *more]
    if not features.dummy:
        interfaces, more = dummies.replace(interfaces)
        done += more
    if done:
        config = config.replace("interfaces", interfaces.to_text())
    if not features.neighbour_limits:
        text, more = sysctls.drop_machine_wide(config.get("sysctl"))
        config = config.replace("sysctl", text)
        done += more
    return (carry(production, config) if done else config), tuple(done)


def restore(config: DeviceConfig, features: Features) -> DeviceConfig | None:
    """The production form that `config` is the lab form of; None where it is that of none, as after a change by hand.

    What `adapt` makes of the answer is `config` again, but for comments and the order of stanzas. A stanza that the
    carried production form knows nothing of is somebody else's: it stands in both forms as it is.
    """
    found = carried(config)
    found = found.replace("frr", vrfs.frr_of_devices(found.get("frr")))
    has = Interfaces.parse(config.get("interfaces")).by_name
    knows = Interfaces.parse(adapt(found, features)[0].get("interfaces")).by_name
    foreign = Interfaces(tuple(stanza for name, stanza in has.items() if name not in knows))
    if foreign.stanzas:
        found = found.replace("interfaces", f"{found.get('interfaces')}\n{foreign.to_text()}")
    again, _ = adapt(found, features)
    same = again.get("frr") == config.get("frr") and Interfaces.parse(again.get("interfaces")).by_name == has
    return found if same else None
