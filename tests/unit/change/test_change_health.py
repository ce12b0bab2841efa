"""What a change takes away by intent is no illness; what it takes away beside that is."""

from pathlib import Path

import pytest
from test_change_outages import hosted

from rtmctl.change.health import SignalKey, SignalKind, compare


@pytest.mark.parametrize(
    ("tenants", "worse"), [(False, []), (True, ["leaf1: EVPN routes originators: 1 before, 0 now"])]
)
def test_leafs_without_segments_announce_nothing(tmp_path: Path, tenants: bool, worse: list[str]) -> None:
    _, target = hosted(tmp_path / "new", "", tenants=tenants)
    assert target["leaf2"].vtep is not None
    seen = {SignalKey("leaf1", SignalKind.EVPN, "originators"): 1.0}
    assert [str(one) for one in compare(seen, {}, target)] == worse
