"""FRR 10.3.0 drops a BFD session whose neighbor it does not know, and its BGP session never comes back by itself."""

import json
from pathlib import Path

import pytest

from rtmctl.device.frr.agent.device import Device
from rtmctl.device.frr.agent.wake import wake
from rtmctl.device.onboard.programs import Result

DOWN = {"bgpState": "Active", "peerBfdInfo": {"status": "Down"}}
UP = {"bgpState": "Established", "peerBfdInfo": {"status": "Up"}}
SESSION = {"vrf": "red", "interface": "swp12", "peer": "fe80::1", "status": "down"}


class Switch:
    """A device whose FRR answers what it is told to, until an address has come to the VRF."""

    def __init__(self, root: Path, version: str, neighbors: object, bfd: object) -> None:
        self.time = 0.0
        self.device = Device(lambda *_: None, str(root), self._run, self._now)
        self.outputs = {"show version": f"FRRouting {version} (leaf1)", "show bfd peers json": json.dumps(bfd)}
        self.outputs["show bgp vrf all neighbors json"] = json.dumps(neighbors)
        self.touched: list[tuple[list[str], str]] = []
        self.heals = True

    def _now(self) -> float:
        self.time += 1
        return self.time

    def _run(self, argv: list[str], text: str | None = None, timeout: float = 0) -> Result:
        del timeout
        if argv[0] == "ip":
            self.touched.append((argv, text or ""))
            if self.heals:
                self.outputs["show bfd peers json"] = json.dumps([SESSION])
            return Result(0, "", "")
        return Result(0, self.outputs[argv[2]], "")


@pytest.mark.parametrize("version", ["10.2", "10.2.2", "10.3", "10.3.0"])
@pytest.mark.parametrize(
    ("folder", "words", "device"),
    [("run/netns/red", ["-n", "red"], "lo"), ("sys/class/net/red", [], "red")],
    ids=["namespace", "VRF device"],
)
def test_a_session_that_was_dropped_is_woken(
    tmp_path: Path, version: str, folder: str, words: list[str], device: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    switch = Switch(tmp_path, version, {"red": {"vrfId": 1, "swp12": DOWN}, "default": {"swp49": UP}}, [])
    wake(switch.device)
    ((argv, text),) = switch.touched
    assert argv == ["ip", *words, "-batch", "-"]
    assert text == f"addr add 192.0.0.8/32 dev {device}\naddr del 192.0.0.8/32 dev {device}\n"


@pytest.mark.parametrize(
    ("version", "neighbors", "bfd"),
    [
        ("8.4.4", {"red": {"swp12": DOWN}}, []),
        ("10.3.1", {"red": {"swp12": DOWN}}, []),
        ("10.4.0", {"red": {"swp12": DOWN}}, []),
        ("10.3", {"red": {"swp12": DOWN}}, [SESSION]),
        ("10.3", {"red": {"swp12": UP}}, []),
        ("10.3", {"red": {"10.0.0.1": DOWN}}, []),
        ("10.3", {"red": {"swp12": {"bgpState": "Active"}}}, []),
        ("10.3", "% BGP instance not found", "bfdd is not running"),
    ],
    ids=["old", "mended", "new", "BFD tries", "up", "numbered", "no BFD", "no daemon"],
)
def test_others_are_left_alone(tmp_path: Path, version: str, neighbors: object, bfd: object) -> None:
    switch = Switch(tmp_path, version, neighbors, bfd)
    wake(switch.device)
    assert switch.touched == []


def test_a_neighbor_that_stays_unknown_is_not_waited_for_longer(tmp_path: Path) -> None:
    switch = Switch(tmp_path, "10.3", {"default": {"swp12": DOWN}}, [])
    switch.heals = False
    wake(switch.device)
    assert 1 < len(switch.touched) < 10
    assert switch.touched[0][1].startswith("addr add 192.0.0.8/32 dev lo\n")
