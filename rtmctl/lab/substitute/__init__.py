"""One pure pass from the production form of a device's configuration to what this machine's kernel can do.

The production form is what a real switch gets; it is never mixed with this. Each thing that is replaced is a record
that is printed: what, why, and both forms. On a kernel that lacks nothing the text comes back unchanged.
"""

from rtmctl.lab.features import Features
from rtmctl.lab.substitute import bridges, dummies, sysctls, trunks, vrfs
from rtmctl.lab.substitute.ifupdown import Interfaces
from rtmctl.lab.substitute.types import Substitution
from rtmctl.model.config import DeviceConfig

__all__ = ["Substitution", "adapt"]


def adapt(config: DeviceConfig, features: Features) -> tuple[DeviceConfig, tuple[Substitution, ...]]:
    """The configuration in lab form and what was substituted, in a fixed order.

    Order matters: a VLAN-aware bridge becomes bridges and tagged subinterfaces, those become cables of their own,
    and only then is it clear which interfaces a VRF's namespace must hold.
    """
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
    return config, tuple(done)
