"""Only what is configured to carry nothing is changed without guards; a daemon that is down tells nothing of that."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from change_fake import FakeFabric, config, run
from change_site import ALL, LEAFS, fabric

from rtmctl.base import Refused, TemporaryError
from rtmctl.change import ApplyOptions, Network, PlanOptions, carry_out, find_drift, make
from rtmctl.model import DeviceConfig, DeviceModel, build_models
from rtmctl.store import open_store

FACTORY = {name: f"hostname {name}\n" for name in ALL}
CONFIGURED = {name: f"hostname {name}\nrouter bgp 65001\n neighbor swp1 interface remote-as external\n" for name in ALL}


def build(drained: frozenset[str]) -> tuple[Mapping[str, DeviceModel], Mapping[str, DeviceConfig]]:
    return build_models(fabric(), drained), {name: config(f"{text}log syslog\n") for name, text in CONFIGURED.items()}


def network(devices: FakeFabric, folder: Path) -> Network:
    return Network("test", fabric(), build, devices.connect, open_store(str(folder / "a.db")))


def silent(texts: dict[str, str]) -> FakeFabric:
    """Devices whose BGP tells of no session."""
    devices = FakeFabric(texts)
    for device in devices.devices.values():
        device.peers = ()
    return devices


@pytest.mark.parametrize(("texts", "idle"), [(FACTORY, ALL), (CONFIGURED, ())], ids=["factory", "configured"])
def test_a_device_is_idle_by_what_it_is_configured_to_do(
    tmp_path: Path, texts: dict[str, str], idle: tuple[str, ...]
) -> None:
    made = run(make(network(silent(texts), tmp_path)))
    assert sorted(part.device for part in made.stages[0].devices if part.idle) == sorted(idle)
    assert [wave.name for wave in made.stages[0].waves if "bootstrap" in wave.name] == ["bootstrap"] * bool(idle)


def test_a_daemon_that_does_not_run_is_named_and_nothing_is_planned(tmp_path: Path) -> None:
    devices = silent({**CONFIGURED, "leaf3": FACTORY["leaf3"]})
    devices["leaf3"].stopped = ("bgpd",)
    with pytest.raises(TemporaryError, match="what runs: leaf3: bgpd does not run"):
        run(make(network(devices, tmp_path)))
    drift = run(find_drift(network(devices, tmp_path)))
    assert drift.unread == {"leaf3": "bgpd does not run"}
    rest = tuple(name for name in ALL if name != "leaf3")
    assert run(make(network(devices, tmp_path), PlanOptions(only=rest))).devices == tuple(sorted(rest))


def test_a_daemon_that_comes_up_while_it_is_read_is_waited_for(tmp_path: Path) -> None:
    devices = FakeFabric(CONFIGURED)
    devices["leaf3"].stopped = ("bgpd", "bfdd")

    def heard(event: object) -> None:
        if "bgpd and bfdd" in str(event):
            devices["leaf3"].stopped = ()

    assert "leaf3" in run(make(network(devices, tmp_path), emit=heard)).devices


def test_a_partner_without_a_daemon_is_no_partner(tmp_path: Path) -> None:
    devices = FakeFabric(CONFIGURED)
    net = network(devices, tmp_path)
    made = run(make(net, PlanOptions(only=LEAFS[:1])))
    devices["leaf2"].stopped = ("bgpd",)
    with pytest.raises(Refused, match="leaf2, which stands in for leaf1, runs without bgpd"):
        run(carry_out(net, made, ApplyOptions()))
