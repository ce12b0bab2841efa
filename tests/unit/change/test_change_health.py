"""What a change takes away by intent is no illness; what it takes away beside that is."""

from pathlib import Path

import pytest
from test_change_outages import hosted

from rtmctl.change.health import SignalKey, SignalKind, compare, in_short


@pytest.mark.parametrize(
    ("tenants", "worse"), [(False, []), (True, ["leaf1: EVPN routes originators: 1 before, 0 now"])]
)
def test_leafs_without_segments_announce_nothing(tmp_path: Path, tenants: bool, worse: list[str]) -> None:
    _, target = hosted(tmp_path / "new", "", tenants=tenants)
    assert target["leaf2"].vtep is not None
    seen = {SignalKey("leaf1", SignalKind.EVPN, "originators"): 1.0}
    assert [str(one) for one in compare(seen, {}, target)] == worse


def test_the_device_that_has_lost_most_is_named() -> None:
    """leaf3 has lost its power: its neighbours miss what it gave them, and stand before it in the alphabet."""
    sessions = [
        SignalKey(name, SignalKind.BGP, peer) for name, peer in (("leaf1", "a"), ("leaf3", "a"), ("leaf3", "b"))
    ]
    worse = compare(dict.fromkeys(sessions, 1.0), {}, {})
    assert in_short(worse) == "leaf3: bgp session a: 1 before, 0 now and 2 more"
    assert in_short(worse[:1]) == "leaf1: bgp session a: 1 before, 0 now"
