"""Hosts boot with a real DHCP client from a real server in another segment and rack, in a tenant that lets nothing
else through: over the relay of their leaf, which asks from its own loopback in the VRF."""

import re
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from running import HANG_S, Running, running

from rtmctl.base import Exit
from rtmctl.fabric import derive, read_lock
from rtmctl.intent import load_site

T = TypeVar("T")

SITE = """
site: relay
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf[3-4]: {role: leaf, rack: r2}
tenants:
  red: {policy: flows}
segments:
  web:
    tenant: red
    vlan: 10
    subnets: [10.9.10.0/24, "2001:db8:10::/64"]
    racks: [r1, r2]
    dhcp_relay: [10.9.20.9, "2001:db8:20::9"]
  app: {tenant: red, vlan: 11, subnets: [10.9.11.0/24], dhcp_relay: [10.9.20.9]}
  infra: {tenant: red, vlan: 20, subnets: [10.9.20.0/24, "2001:db8:20::/64"]}
hosts:
  web1: {rack: r1, leaf: leaf1, segment: web}
  web2: {rack: r1, leaf: leaf2, segment: web}
  web3: {rack: r2, leaf: leaf4, segment: web}
  app1: {rack: r1, leaf: leaf1, segment: app}
  dhcp1: {rack: r2, leaf: leaf4, segment: infra, addresses: [10.9.20.9, "2001:db8:20::9"]}
"""
SERVER = """\
port=0
interface=eth0
bind-interfaces
no-resolv
no-hosts
no-ping
log-dhcp
log-facility=/var/log/dnsmasq.log
dhcp-leasefile=/run/dnsmasq.leases
dhcp-authoritative
dhcp-range=set:web,10.9.10.100,10.9.10.150,255.255.255.0,2m
dhcp-range=set:app,10.9.11.100,10.9.11.150,255.255.255.0,2m
dhcp-range=2001:db8:10::a00,2001:db8:10::aff,64,2m
dhcp-option=tag:web,option:router,10.9.10.1
dhcp-option=tag:app,option:router,10.9.11.1
dhcp-option=option:T1,3
"""
PROCESS = "/usr/bin/python3 -IS /usr/local/lib/rtmctl/dhcp-relay run"
CLIENT = "noarp\nnoipv4ll\nrequire dhcp_server_identifier\noption routers\n"
WATCH = """\
tcpdump --immediate-mode -l -nvi eth0 udp port 67 >/run/seen 2>/run/watching </dev/null &
until [ -s /run/watching ]; do sleep 0.05; done
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("relay")
    (folder / "from").mkdir()
    (folder / "from" / "site.yaml").write_text(SITE)
    with running("relay", folder / "from", folder) as found:
        found.expect("net", "verify", "--check", "bgp", "--check", "evpn", "--check", "relays", "--wait", "60")
        found.on("dhcp1", "cat > /etc/dhcp.conf && dnsmasq -C /etc/dhcp.conf", SERVER)
        found.on("dhcp1", WATCH)
        yield found


def boot(site: Running, host: str, version: int = 4, stay: bool = False) -> str:
    """Ask as a host without any address does; the address that was leased. `stay`: and renew it."""
    site.on(host, "cat > /etc/dhcpcd.conf", CLIENT)
    site.on(host, f"rm -f /var/lib/dhcpcd/*; ip -{version} addr flush dev eth0 scope global")
    site.on(host, f"dhcpcd -{version} {'' if stay else '-1'} -t 20 --script /bin/true eth0")
    return wait(lambda: leased(site, host, version))


def leased(site: Running, host: str, version: int) -> str:
    found = re.findall(r"inet6? (\S+)", site.on(host, f"ip -{version} -o addr show dev eth0 scope global"))
    return next((address for address in found if version == 4 or address.endswith("/128")), "")


def requests(site: Running) -> list[str]:
    """Who sent each request that the server has seen."""
    return re.findall(r"^ +(\S+)\.6[78] > 10\.9\.20\.9\.67: ", site.on("dhcp1", "cat /run/seen"), re.MULTILINE)


def since(site: Running, before: list[str]) -> list[str]:
    """The first two requests after those: a discover and a request."""
    wait(lambda: len(requests(site)) >= len(before) + 2)
    return requests(site)[len(before) :][:2]


def wait(until: Callable[[], T]) -> T:
    deadline = time.monotonic() + HANG_S
    while not (found := until()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def loopback(site: Running, leaf: str) -> str:
    fabric = derive(load_site(site.site), read_lock(site.site))
    return str(dict(fabric.device(leaf).vrf_loopbacks)["red"])


CASES = {"stretched": ("web1", "leaf1", "10.9.10."), "local": ("app1", "leaf1", "10.9.11.")}


@pytest.mark.parametrize(("host", "leaf", "subnet"), CASES.values(), ids=CASES.keys())
def test_a_host_gets_an_address_of_its_segment_and_its_own_leaf_asks_once(
    site: Running, host: str, leaf: str, subnet: str
) -> None:
    before = requests(site)
    address = boot(site, host)
    assert address.startswith(subnet) and int(address.split(".")[3].split("/")[0]) >= 100
    assert since(site, before) == [loopback(site, leaf)] * 2, "discover and request, and no other leaf's"


def test_it_renews_with_the_server_itself(site: Running) -> None:
    address = boot(site, "web2", stay=True).split("/")[0]
    before = site.on("dhcp1", "cat /var/log/dnsmasq.log").count("DHCPACK")
    wait(lambda: address in requests(site))
    wait(lambda: site.on("dhcp1", "cat /var/log/dnsmasq.log").count("DHCPACK") > before)
    site.on("web2", "dhcpcd -4 -x eth0 || kill -9 $(pidof dhcpcd)")  # it may be slow to leave


def test_a_host_gets_an_ipv6_address_because_its_gateway_says_so(site: Running) -> None:
    assert boot(site, "web3", version=6).startswith("2001:db8:10::a")
    assert "DHCPREPLY" in site.on("dhcp1", "cat /var/log/dnsmasq.log")


def test_nothing_is_lost_while_the_other_leaf_of_the_pair_is_off(site: Running) -> None:
    site.lab.power_off("leaf2")
    try:
        before = requests(site)
        assert boot(site, "web1").startswith("10.9.10.")
        assert since(site, before) == [loopback(site, "leaf1")] * 2
    finally:
        site.lab.power_on("leaf2")


def test_after_its_boot_a_leaf_relays_again_and_nothing_is_to_do(site: Running) -> None:
    wait(lambda: site.rtmctl("net", "verify", "--check", "relays", "--wait", "5").returncode == Exit.DONE)
    assert "nothing to do" in site.expect("net", "plan")
    before = requests(site)
    assert boot(site, "web2").startswith("10.9.10.")
    assert since(site, before) == [loopback(site, "leaf2")] * 2


def test_a_dead_relay_is_seen_and_mended(site: Running) -> None:
    site.on("leaf1", f"kill -9 $(pgrep -fx '{PROCESS}')")
    said = site.expect("net", "verify", "--check", "relays", "--wait", "0", code=Exit.VERIFICATION_FAILED)
    assert "leaf1: DHCP relay vlan10 IPv4 (VRF red): expected to 10.9.20.9, seen no relay" in said
    assert "-vlan11 vrf red link 10.9.11.1" in site.expect("net", "drift", code=Exit.DIFFERENT)
    site.expect("net", "apply", "--yes")
    assert site.on("leaf1", f"pgrep -fxc '{PROCESS}'") == "1\n"


def test_taken_out_it_leaves_no_process_and_its_undo_brings_it_back(site: Running) -> None:
    text = (site.site / "site.yaml").read_text()
    relays = f"pgrep -fx '{PROCESS}' | wc -l; ip netns exec red nft list chains bridge | grep -c relayed || true"
    (site.site / "site.yaml").write_text(re.sub(r",? *dhcp_relay: \[[^]]*\]", "", text))
    try:
        site.expect("net", "apply", "--yes", "--confirm-within", "240")
        assert site.on("leaf3", relays).split() == ["0", "0"]
        site.expect("net", "recover", "--yes")
        assert site.on("leaf3", relays).split() == ["1", "1"]
    finally:
        (site.site / "site.yaml").write_text(text)
