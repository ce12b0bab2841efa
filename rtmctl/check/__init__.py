"""Proofs over the models, before anything touches a device. Pure: Fabric and models in, findings out.

A proof is one file with one function; PROOFS is the list. What needs a live device is `observe/`.
"""

from collections.abc import Callable, Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.capacity import ports_suffice
from rtmctl.check.flows import both_directions, vrfs_are_apart
from rtmctl.check.links import ends_agree
from rtmctl.check.names import references_resolve
from rtmctl.check.paths import survives_single_failure
from rtmctl.check.sessions import sessions_agree
from rtmctl.check.unique import nothing_twice
from rtmctl.fabric.types import Fabric
from rtmctl.model.types import DeviceModel

Proof = Callable[[Fabric, Mapping[str, DeviceModel]], Iterator[Finding]]

PROOFS: tuple[Proof, ...] = (
    nothing_twice,
    ends_agree,
    sessions_agree,
    references_resolve,
    both_directions,
    vrfs_are_apart,
    ports_suffice,
    survives_single_failure,
)


def prove(fabric: Fabric, models: Mapping[str, DeviceModel]) -> tuple[Finding, ...]:
    """All that is wrong with the network these models make; empty when every proof holds."""
    return tuple(finding for proof in PROOFS for finding in proof(fabric, models))


__all__ = ["PROOFS", "Proof", "prove"]
