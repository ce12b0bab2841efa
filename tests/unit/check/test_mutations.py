"""Spoil sound models by one element at a time: a proof finds it, or it is in the list of what proofs do not look at."""

from collections import defaultdict
from collections.abc import Mapping

import pytest
from fabric_sites import fabric
from mutation_sites import SITES
from mutations import Mutation, mutations

from rtmctl.check import PROOFS, prove
from rtmctl.fabric import Fabric
from rtmctl.model import DeviceModel, build_models

A_KIND = 2
"""mutations of one kind and site, spread over its devices"""

NOT_LOOKED_AT: Mapping[str, str] = {
    "bgp.maximum_paths changed": "room to spare: it stays above the number of paths",
    "bgp.maximum_paths lowered": "room to spare: it stays above the number of paths",
    "bgp.neighbors.description changed": "for people",
    "bgp.neighbors.multihop changed": "one hop more than is needed",
    "filters.rules.comment changed": "for people",
    "neighbor_table changed": "room to spare",
    "neighbor_table lowered": "room to spare",
    "policies.terms.sequence changed": "terms still ascend",
    "policies.terms.sequence lowered": "terms still ascend",
    "ports.description changed": "for people",
    "ports.mtu changed": "of the management port",
    "ports.mtu lowered": "of the management port",
    "ports.name changed": "of the management port: the platform's own",
    "prefix_lists.rules.network widened": "a list that denies more where nothing is, or the other half is the fabric's",
}
"""kind of mutation: why none or not all of its kind are found"""


def spoilt(site: str) -> tuple[int, dict[str, list[str]]]:
    """How many mutations were tried, and those no proof found, by kind."""
    sections, drained, devices = SITES[site]
    made = fabric(**sections)
    models = build_models(made, drained)
    assert prove(made, models) == ()
    kinds: dict[str, list[tuple[str, Mutation]]] = defaultdict(list)
    for device in devices:
        for mutation in mutations(models[device]):
            kinds[mutation.where].append((device, mutation))
    missed: dict[str, list[str]] = defaultdict(list)
    tried = 0
    for where, found in kinds.items():
        for device, mutation in found[:: max(1, len(found) // A_KIND)]:
            tried += 1
            if not is_found(made, {**models, device: mutation.model}):
                missed[where].append(mutation.exact)
    return tried, missed


def is_found(fabric: Fabric, models: Mapping[str, DeviceModel]) -> bool:
    """By the first proof that says anything: asking all of them takes five times as long."""
    return any(next(proof(fabric, models), None) is not None for proof in PROOFS)


@pytest.mark.parametrize("site", SITES)
def test_a_proof_finds_every_mutation_that_hurts(site: str) -> None:
    tried, missed = spoilt(site)
    assert tried > 200
    assert {where: exact for where, exact in missed.items() if where not in NOT_LOOKED_AT} == {}
