"""A network that is exactly as modelled has no deviations, whatever its shape."""

import observe_perfect as perfect
import observe_sites as sites
import pytest

from rtmctl.model import build_models
from rtmctl.observe import Status, compare


@pytest.mark.parametrize("text", sites.TEXTS.values(), ids=sites.TEXTS)
@pytest.mark.parametrize(
    "drained", [frozenset(), frozenset({"spine1"}), frozenset({"leaf3"})], ids=["", "spine1", "leaf3"]
)
def test_shapes(text: str, drained: frozenset[str]) -> None:
    results = compare(perfect.reading(sites.fabric(text), sites.models(text, drained)))
    assert [str(d) for r in results for d in r.outcome.deviations] == []
    assert [(r.name, r.outcome.not_run) for r in results if r.status is not Status.PASSED] == []
    assert all(r.outcome.passed for r in results if r.name != "lldp" or r.outcome.skipped)


@pytest.mark.parametrize("root", sites.inventories(), ids=lambda root: root.name)
def test_inventories(root: object) -> None:
    fabric = sites.inventory(root)
    results = compare(perfect.reading(fabric, build_models(fabric)))
    assert [str(d) for r in results for d in r.outcome.deviations] == []
    assert [r.name for r in results if r.status is not Status.PASSED] == []
