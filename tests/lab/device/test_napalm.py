"""The NAPALM driver on real devices, by napalm's own front door and models."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import napalm
import pytest
from napalm.base import exceptions, models
from napalm.base.test.helpers import test_model as complies

from rtmctl.lab.layout import LabFolder, labs_folder
from rtmctl.lab.state import load
from tests.lab.device.conftest import Device

complies.__test__ = False


@pytest.fixture
def driver(device: Device) -> Iterator[Any]:
    at = device.endpoint()
    options = {"key_file": str(at.key), "ssh_known_hosts_file": str(at.known_hosts), "dial": at.dial}
    with napalm.get_network_driver("frr")(at.address, at.user, "", optional_args=options) as opened:
        yield opened


@pytest.fixture
def busy(device: Device, driver: Any) -> Iterator[Any]:
    """The driver on a device with an unnumbered session that has no neighbour."""
    driver.load_merge_candidate(config="router bgp 4200000999\n neighbor swp1 interface remote-as external\n")
    driver.commit_config(revert_in=120)
    yield driver
    driver.rollback()


def check_all(driver: Any) -> None:
    assert complies(models.FactsDict, driver.get_facts())
    by_name = {
        "get_interfaces": models.InterfaceDict,
        "get_interfaces_counters": models.InterfaceCounterDict,
        "get_vlans": models.VlanDict,
        "get_users": models.UsersDict,
        "get_network_instances": models.NetworkInstanceDict,
    }
    for getter, model in by_name.items():
        for name, value in getattr(driver, getter)().items():
            assert isinstance(name, str) and complies(model, value), (getter, name)
    in_lists = {
        "get_arp_table": models.ARPTableDict,
        "get_ipv6_neighbors_table": models.IPV6NeighborDict,
        "get_mac_address_table": models.MACAdressTable,
        "get_ntp_stats": models.NTPStats,
    }
    for getter, model in in_lists.items():
        assert all(complies(model, value) for value in getattr(driver, getter)()), getter
    for families in driver.get_interfaces_ip().values():
        assert set(families) <= {"ipv4", "ipv6"}
        assert all(set(about) == {"prefix_length"} for family in families.values() for about in family.values())
    for neighbors in driver.get_lldp_neighbors().values():
        assert all(complies(models.LLDPNeighborDict, n) for n in neighbors)
    for neighbors in driver.get_lldp_neighbors_detail().values():
        assert all(complies(models.LLDPNeighborDetailDict, n) for n in neighbors)
    sessions = driver.get_bgp_neighbors()
    assert "global" in sessions
    for table in sessions.values():
        assert isinstance(table["router_id"], str)
        for peer in table["peers"].values():
            assert complies(models.PeerDict, peer)
            assert all(complies(models.AFDict, family) for family in peer["address_family"].values())
    for table in driver.get_bgp_neighbors_detail().values():
        assert all(complies(models.PeerDetailsDict, peer) for peers in table.values() for peer in peers)
    for found in driver.get_route_to("172.30.0.0/24").values():
        assert all(complies(models.RouteDict, route) for route in found)
    environment = driver.get_environment()
    assert set(environment) == {"fans", "temperature", "power", "cpu", "memory"}
    assert complies(models.MemoryDict, environment["memory"])
    assert all(complies(models.CPUDict, about) for about in environment["cpu"].values())
    assert complies(models.ConfigDict, driver.get_config())
    assert complies(models.SNMPDict, driver.get_snmp_information())
    assert driver.get_ntp_servers() == {} and driver.get_ntp_peers() == {}
    assert driver.is_alive() == {"is_alive": True}


def test_getters_on_an_empty_device(driver: Any) -> None:
    check_all(driver)
    assert driver.get_bgp_neighbors() == {"global": {"router_id": "", "peers": {}}}


def test_getters_with_an_unnumbered_peer(busy: Any) -> None:
    check_all(busy)
    peers = busy.get_bgp_neighbors()["global"]["peers"]
    assert list(peers) == ["swp1"] and not peers["swp1"]["is_up"]
    assert busy.get_bgp_neighbors_detail("swp1")["global"]


def test_a_candidate_is_compared_committed_confirmed_and_rolled_back(device: Device, driver: Any) -> None:
    line = "ip prefix-list NAPALM seq 5 permit 192.0.2.0/24"
    driver.load_merge_candidate(config=line)
    assert f"+{line}" in driver.compare_config()
    driver.discard_config()
    assert driver.compare_config() == ""
    driver.load_merge_candidate(config=line)
    driver.commit_config(message="try", revert_in=60)
    assert driver.has_pending_commit() and line in driver.get_config()["running"]
    driver.load_merge_candidate(config=line)
    assert driver.compare_config() == ""
    with pytest.raises(exceptions.CommitError):
        driver.commit_config()
    driver.rollback()
    assert not driver.has_pending_commit() and line not in driver.get_config()["running"]
    driver.load_merge_candidate(config=line)
    driver.commit_config(revert_in=60)
    driver.confirm_commit()
    assert not driver.has_pending_commit() and line in driver.get_config()["startup"]
    with pytest.raises(exceptions.CommitConfirmException):
        driver.confirm_commit()
    driver.rollback()
    assert line not in driver.get_config()["running"]


def test_revert_in_reverts(device: Device, driver: Any) -> None:
    driver.load_merge_candidate(config="ip prefix-list NAPALM seq 5 permit 192.0.2.0/24")
    driver.commit_config(revert_in=1)
    device.wait("reverted")
    assert "NAPALM" not in driver.get_config()["running"]
    device.forget_lease()


def test_a_replace_takes_away_what_it_does_not_name(device: Device, driver: Any) -> None:
    driver.load_merge_candidate(config="ip prefix-list NAPALM seq 5 permit 192.0.2.0/24")
    driver.commit_config()
    whole = driver.get_config()["running"].replace("ip prefix-list NAPALM seq 5 permit 192.0.2.0/24\n", "")
    driver.load_replace_candidate(config=whole)
    assert "-ip prefix-list NAPALM" in driver.compare_config()
    driver.commit_config()
    assert "NAPALM" not in driver.get_config()["running"]
    device.sh(
        f"printf 'frr defaults datacenter\\nhostname {device.name}\\nservice integrated-vtysh-config\\n'"
        " > /etc/frr/frr.conf"
    )


def test_bad_candidates_raise_napalms_exceptions(driver: Any) -> None:
    with pytest.raises(exceptions.MergeConfigException, match="nonsense"):
        driver.load_merge_candidate(config="router bgp nonsense")
    with pytest.raises(exceptions.ReplaceConfigException):
        driver.load_replace_candidate(config="#### rtmctl section: interfaces\nnonsense\n")
    with pytest.raises(exceptions.CommandErrorException):
        driver.cli(["configure terminal"])


def test_ping_and_traceroute(driver: Any) -> None:
    answer = driver.ping("127.0.0.1", count=2, timeout=1)
    assert complies(models.PingDict, answer["success"]) and answer["success"]["packet_loss"] == 0
    assert "error" in driver.ping("no.such.name", count=1)
    hops = driver.traceroute("127.0.0.1", timeout=1, ttl=3)["success"]
    assert all(complies(models.TracerouteDict, probe) for probe in hops[1]["probes"].values())


def test_napalms_own_command_line(device: Device, tmp_path: Path) -> None:
    """It knows no `dial`, so it runs in the management network as on an operator's machine."""
    at = device.endpoint()
    known = load(LabFolder(labs_folder() / device.lab.name).state)
    assert known is not None and known.anchor is not None
    candidate = tmp_path / "candidate"
    candidate.write_text("ip prefix-list CLI seq 5 permit 192.0.2.0/24\n")
    options = f"key_file={str(at.key)!r},ssh_known_hosts_file={str(at.known_hosts)!r}"
    command = [str(Path(sys.executable).with_name("napalm")), "--user", at.user, "--password", "", "--vendor", "frr"]
    command += ["--optional_args", options, at.address]

    def napalm_cli(*words: str) -> str:
        enter = ["nsenter", "--net", f"--target={known.anchor.pid}"]
        done = subprocess.run([*enter, *command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert json.loads(napalm_cli("call", "get_facts"))["hostname"] == device.name
    assert "+ip prefix-list CLI" in napalm_cli("configure", str(candidate), "--strategy", "merge", "--dry-run")
