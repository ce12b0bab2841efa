"""The production form under a kernel with vrf, 8021q and vlan_filtering: 1 spine, 2 leafs, a trunk, from a site.

That kernel (Debian's user-mode-linux) is built with CONFIG_NF_TABLES_INET, _IPV4 and _NETDEV off, and those are no
modules that could be loaded: gateway filters are tested in the lab suite.
"""

import re
from pathlib import Path

import pytest

from rtmctl.device.frr.install import relay_file
from rtmctl.fabric import Fabric, allocate, derive, read_lock
from rtmctl.fabric.types import BridgeForm, Host
from rtmctl.intent import load_site
from rtmctl.lab import image
from rtmctl.lab.recipes import SWITCH_FRR8
from rtmctl.model import build_models
from rtmctl.render import render
from rtmctl.render.frr import parse, same

from . import uml

HERE = Path(__file__).parent
TIMEOUT_S = 420


class Proof:
    """What one run under UML left behind."""

    def __init__(self, shared: Path, rendered: dict[str, str], trunk: str, form: BridgeForm) -> None:
        self.shared = shared
        self.rendered = rendered
        self.trunk = trunk
        self.form = form

    def text(self, name: str) -> str:
        return (self.shared / "results" / name).read_text()

    def status(self, name: str) -> int:
        return int(self.text(f"{name}.status"))


@pytest.fixture(scope="module", params=list(BridgeForm))
def proof(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Proof:
    if lacking := uml.missing():
        pytest.skip(f"needs {lacking}")
    recipe = SWITCH_FRR8
    shared = tmp_path_factory.mktemp("uml")
    site = shared / "site"
    site.mkdir()
    text = (HERE / "site.yaml").read_text()
    (site / "site.yaml").write_text(f"{text}\nfabric: {{bridge: {request.param}}}\n")
    loaded = load_site(site)
    fabric = derive(loaded, allocate(loaded, read_lock(site)))
    rendered = {}
    for name, model in build_models(fabric).items():
        config = render(model)
        assert parse(config) == model
        rendered[name] = config.get("frr")
        (shared / name).mkdir()
        for section, text in config.sections:
            (shared / name / section).write_text(text)
    (shared / "dhcp-relay").write_bytes(relay_file())
    (shared / "dhcp-relay").chmod(0o755)
    (shared / "wires").write_text(_wires(fabric))
    (shared / "hosts.sh").write_text("".join(_host(host, fabric) for host in fabric.hosts))
    script = _variables(fabric, shared, recipe.daemons) + (HERE / "inside.sh").read_text()
    status, output = uml.run(script, shared, image.ensure(recipe), TIMEOUT_S)
    print(output)
    assert status == 0, output
    return Proof(shared, rendered, fabric.host("h2").links[0].port, request.param)


def _wires(fabric: Fabric) -> str:
    lines = [f"{w.a.device} {w.a.port} {w.b.device} {w.b.port}" for w in fabric.links]
    lines += [f"{cable.leaf} {cable.port} {host.name} {cable.nic}" for host in fabric.hosts for cable in host.links]
    return "\n".join(lines) + "\n"


def _host(host: Host, fabric: Fabric) -> str:
    """IPv4 routes by hand, IPv6 ones by router advertisement."""
    nic = host.links[0].nic
    lines = [f"ip -n {host.name} link set {nic} up"]
    for segment in host.tagged:
        vid = fabric.segment(segment).vlan
        lines.append(f"ip -n {host.name} link add link {nic} name {nic}.{vid} type vlan id {vid}")
        lines.append(f"ip -n {host.name} link set {nic}.{vid} up")
    for address in host.addresses:
        device = f"{nic}.{fabric.segment(address.segment).vlan}" if address.segment in host.tagged else nic
        lines.append(f"ip -n {host.name} address add {address.interface} dev {device}")
        if address.interface.version == 4 and (not host.tagged or address.segment == "stream"):
            lines.append(f"ip -n {host.name} route add default via {address.gateway}")
    return "\n".join(lines) + "\n"


def _variables(fabric: Fabric, shared: Path, daemons: tuple[str, ...]) -> str:
    def of(host: str, segment: str, version: int = 4) -> str:
        found = (a for a in fabric.host(host).addresses if a.segment == segment and a.interface.version == version)
        return str(next(found).interface.ip)

    values = {
        "SHARED": shared,
        "DAEMONS": " ".join(daemons),
        "SWITCHES": " ".join(device.name for device in fabric.devices),
        "CHECKED": "leaf2",
        "HOSTS": " ".join(host.name for host in fabric.hosts),
        "H2_COLLECT": of("h2", "collect"),
        "H2_COLLECT6": of("h2", "collect", 6),
        "H2_STREAM": of("h2", "stream"),
        "H2_STREAM6": of("h2", "stream", 6),
        "H3": of("h3", "decide"),
        "H3_GATEWAY": "10.10.30.1",
        "H4": of("h4", "reports"),
        "H4_GATEWAY": "10.20.40.1",
    }
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


FLOWS = ("l2", "l2-ipv6", "symmetric-irb", "routed-to-trunk", "routed-ipv6", "leak", "leak-back", "l2-after")


@pytest.mark.parametrize("flow", FLOWS)
def test_allowed_traffic_passes(proof: Proof, flow: str) -> None:
    assert " 0% packet loss" in proof.text(flow)
    assert "duplicates" not in proof.text(flow)


def test_a_host_boots_by_dhcp_from_another_segment(proof: Proof) -> None:
    """This kernel has no nft for bridges: the flooded request is relayed by both leafs, which harms nothing."""
    said = proof.text("dnsmasq")
    assert " 10.10.10.1" in proof.text("dhcpv4") and "DHCPACK" in said, said
    assert "2001:db8:10::a" in proof.text("dhcpv6") and "DHCPREPLY" in said, said


def test_what_is_not_leaked_does_not_pass(proof: Proof) -> None:
    """h1 and h4 hang on one leaf, in two VRFs: collect's routes are not given to the other."""
    assert "100% packet loss" in proof.text("no-leak")


NO_BRCTL = "warning: /sbin/brctl: missing"
"""ifupdown2 says so without Debian's bridge-utils, which it does not use with netlink"""


def test_first_ifreload_is_silent(proof: Proof) -> None:
    for name in ("leaf1", "leaf2", "spine1"):
        assert proof.status(f"{name}.ifreload") == 0, proof.text(f"{name}.ifreload")
        said = proof.text(f"{name}.ifreload").splitlines()
        assert [line for line in said if not line.startswith(NO_BRCTL)] == []


SETTLES = re.compile(r" (cost|mcast_hash_max|\w+_(timer|delay)) +[\d.]+")
"""what ifupdown2 sets to its own defaults on the second run (spanning tree is off: a cost has no effect), and clocks"""


def test_second_ifreload_changes_nothing(proof: Proof) -> None:
    """Nothing is added, removed, taken down or set to another value."""
    assert proof.status("leaf2.second") == 0
    assert SETTLES.sub("", proof.text("leaf2.after")) == SETTLES.sub("", proof.text("leaf2.before"))
    events = proof.text("leaf2.events").splitlines()
    assert [line for line in events if line.startswith("Deleted") or "state DOWN" in line] == []


def test_ifquery_finds_no_difference(proof: Proof) -> None:
    """But one: ifquery expects a PVID on every port of a VLAN-aware bridge, so one without untagged frames fails."""
    failed = [line.split() for line in proof.text("leaf2.check").splitlines() if line.endswith("[fail]")]
    if proof.form is BridgeForm.TRADITIONAL:
        assert failed == []
        return
    assert failed == [["iface", proof.trunk, "(bridge", "pvid", "error)", "[fail]"]]
    vlans = re.search(rf"^{proof.trunk} +10\n +20\n(?=\S)", proof.text("leaf2.before"), re.MULTILINE)
    assert vlans is not None, "the trunk carries just its tagged VLANs and no PVID"


@pytest.mark.parametrize("name", ["leaf1", "leaf2", "spine1"])
def test_frr_writes_back_what_was_rendered(proof: Proof, name: str) -> None:
    assert same(proof.text(f"{name}.running"), proof.rendered[name])


def test_frr_reload_finds_nothing_to_do(proof: Proof) -> None:
    assert "Lines To" not in proof.text("leaf2.reload")
    assert proof.status("leaf2.reload") == 0
