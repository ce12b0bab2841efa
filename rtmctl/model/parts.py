"""What the builders of one device's model hand together, and what is the same for all devices of a fabric."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rtmctl.base.net import Address
from rtmctl.base.order import natural_key
from rtmctl.fabric.types import Device, Fabric, Overlay
from rtmctl.model.types import (
    BfdProfile,
    BgpInstance,
    EthernetPort,
    GatewayFilter,
    Lag,
    Loopback,
    MacVrf,
    Neighbor,
    Policy,
    PrefixList,
    Svi,
    Vlan,
    Vrf,
)

BFD_PROFILE = "fabric"
MAXIMUM_PATHS = 64
"""more than any fabric has spines, so that adding one changes no other device's instance"""


@dataclass(slots=True)
class Parts:
    """Grows while a device's model is built; `drained` as asked for the device."""

    fabric: Fabric
    device: Device
    drained: bool
    ports: list[EthernetPort] = field(default_factory=list)
    lags: list[Lag] = field(default_factory=list)
    loopbacks: list[Loopback] = field(default_factory=list)
    vlans: list[Vlan] = field(default_factory=list)
    svis: list[Svi] = field(default_factory=list)
    vrfs: list[Vrf] = field(default_factory=list)
    mac_vrfs: list[MacVrf] = field(default_factory=list)
    bgp: list[BgpInstance] = field(default_factory=list)
    prefix_lists: dict[str, PrefixList] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    filters: list[GatewayFilter] = field(default_factory=list)

    @property
    def is_leaf(self) -> bool:
        return self.device.role.has_hosts

    @property
    def bgp_asn(self) -> int:
        """AS of every BGP instance of the device. FRR makes a VRF's instance with the default one's AS as soon as its
        L3 VNI is up and refuses another, so that with an iBGP overlay the VRFs are in the fabric's AS too."""
        return self.fabric.overlay_asn if self.fabric.overlay is Overlay.IBGP_RR else self.device.asn

    @property
    def local_asn(self) -> int | None:
        """What eBGP sessions show instead: the device's own AS, where the instance has another."""
        return None if self.bgp_asn == self.device.asn else self.device.asn

    @property
    def bfd(self) -> str | None:
        return BFD_PROFILE if self.fabric.timers.bfd_interval_ms is not None else None

    def instance(self, vrf: str, router_id: Address, neighbors: Iterable[Neighbor]) -> BgpInstance:
        """BGP in a VRF with what all instances of the fabric share; what is its own the caller replaces."""
        timers = self.fabric.timers
        return BgpInstance(
            vrf=vrf,
            asn=self.bgp_asn,
            router_id=router_id,
            keepalive_s=timers.keepalive_s,
            hold_s=timers.hold_s,
            connect_s=timers.connect_s,
            advertisement_interval_s=timers.advertisement_interval_s,
            maximum_paths=MAXIMUM_PATHS,
            neighbors=tuple(sorted(neighbors, key=lambda n: natural_key(n.name))),
        )

    def add_lists(self, lists: tuple[PrefixList, ...]) -> tuple[PrefixList, ...]:
        self.prefix_lists |= {found.name: found for found in lists}
        return lists

    def add_policy(self, policy: Policy) -> str:
        self.policies[policy.name] = policy
        return policy.name

    def rd(self, instance: str) -> str:
        """`instance` as in Device.route_distinguishers."""
        return f"{self.device.loopback}:{dict(self.device.route_distinguishers)[instance]}"

    def sorted_ports(self) -> tuple[EthernetPort, ...]:
        return tuple(sorted(self.ports, key=lambda port: natural_key(port.name)))

    def bfd_profiles(self) -> tuple[BfdProfile, ...]:
        timers = self.fabric.timers
        interval = timers.bfd_interval_ms
        if interval is None:
            return ()
        return (BfdProfile(BFD_PROFILE, interval, interval, timers.bfd_multiplier),)
