"""Proofs over the models, before anything touches a device. Pure: Fabric and models in, findings out.

A proof is one function of one idea and asks the models, never the code that made them. AGREEMENTS hold between devices
whatever the site says; PROOFS are those and all that makes a network the site's. What needs a live device is
`observe/`.

What they do not look at, because nothing breaks by it: texts for people, the numbers of a policy's terms as long as
they ascend, name and MTU of the management port, and values with room to spare (maximum_paths, neighbor_table, one hop
more of TTL). tests/unit/check/test_mutations.py spoils models one element at a time and holds this list to the truth.
"""

from collections.abc import Mapping

from rtmctl.base import Finding
from rtmctl.check.agreement import AGREEMENTS, Proof
from rtmctl.check.as_plan import as_plan_holds
from rtmctl.check.capacity import ports_suffice
from rtmctl.check.devices import devices_are_the_sites
from rtmctl.check.edge import edge_sessions_are_the_sites
from rtmctl.check.fabric_sessions import every_link_has_its_sessions
from rtmctl.check.flows import filters_are_the_matrix
from rtmctl.check.gateways import gateways_are_alike
from rtmctl.check.host_ports import host_ports_are_the_sites
from rtmctl.check.instances import instances_are_the_sites
from rtmctl.check.links import cables_are_the_sites
from rtmctl.check.mtu import mtu_suffices
from rtmctl.check.underlay import underlay_is_whole_and_tight
from rtmctl.check.vrfs import vrfs_are_apart, vrfs_are_the_tenants
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel

PROOFS: tuple[Proof, ...] = (
    *AGREEMENTS,
    devices_are_the_sites,
    as_plan_holds,
    cables_are_the_sites,
    mtu_suffices,
    instances_are_the_sites,
    every_link_has_its_sessions,
    underlay_is_whole_and_tight,
    gateways_are_alike,
    host_ports_are_the_sites,
    vrfs_are_the_tenants,
    vrfs_are_apart,
    edge_sessions_are_the_sites,
    filters_are_the_matrix,
    ports_suffice,
)


def prove(fabric: Fabric, models: Mapping[str, DeviceModel]) -> tuple[Finding, ...]:
    """All that is wrong with the network these models make, each finding once; empty when every proof holds."""
    return tuple(dict.fromkeys(finding for proof in PROOFS for finding in proof(fabric, models)))


__all__ = ["AGREEMENTS", "PROOFS", "Proof", "prove"]
