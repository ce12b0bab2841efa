"""Pure parts of the lab: sources, blueprint, wiring, graph, preflight, processes, state."""

import os
import subprocess
import sys
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rtmctl.base import PermanentError
from rtmctl.fabric.types import Fabric
from rtmctl.lab import cgroups, graph, plan, preflight, recipes, state, wiring
from rtmctl.lab.aptsources import Source, for_suite, parse_deb822, parse_one_line
from rtmctl.lab.blueprint import End, NodeKind, Wire, management_port
from rtmctl.lab.choices import Choices
from rtmctl.lab.factory import HostKey, Kit, daemons_file
from rtmctl.lab.features import ALL
from rtmctl.lab.hosts import BATCH
from rtmctl.lab.process import Process
from rtmctl.lab.programs import load
from rtmctl.lab.secrets import lab_secret
from rtmctl.lab.userns import Rootless
from tests.lab.fabrics import clos, two_tenants
from tests.lab.test_lab_routers import with_routers

NO_VRF = replace(ALL, vrf=False)
KIT = Kit(NO_VRF, load(), "ssh-ed25519 AAAA", lambda name: HostKey("private", f"ssh-ed25519 {name}"))


def test_sources_are_this_machines_with_the_suite_replaced() -> None:
    text = (
        "# note\nTypes: deb\nURIs: https://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main contrib\nSigned-By: /usr/share/keyrings/k.gpg\n\n"
        "Types: deb\nEnabled: no\nURIs: https://off.example\nSuites: bookworm\nComponents: main\n"
    )
    one_line = "deb [arch=amd64 signed-by=/k] https://mirror.example/security bookworm-security main # x\n"
    other = "deb https://vendor.example nodistro main\n"
    found = for_suite([*parse_deb822(text), *parse_one_line(one_line), *parse_one_line(other)], "bookworm", "trixie")
    assert found == (
        Source("https://mirror.example/debian", "trixie", ("main",), "/usr/share/keyrings/k.gpg"),
        Source("https://mirror.example/debian", "trixie-updates", ("main",), "/usr/share/keyrings/k.gpg"),
        Source("https://mirror.example/security", "trixie-security", ("main",), "/k"),
    )


def test_an_image_is_named_after_all_that_decides_its_content() -> None:
    one = recipes.SWITCH_FRR8
    assert replace(one, packages=(*one.packages, "x")).folder != one.folder
    assert replace(one, setup=one.setup + "#").folder != one.folder
    assert replace(one, daemons=()).folder == one.folder


@pytest.mark.parametrize(("recipe", "option"), [(recipes.SWITCH_FRR8, "-n"), (recipes.SWITCH_FRR10, "-w")])
def test_vrfs_by_namespace_are_asked_for_where_the_kernel_has_none(recipe: recipes.Recipe, option: str) -> None:
    def zebra(text: str) -> list[str]:
        line = next(line for line in text.splitlines() if line.startswith("zebra_options"))
        return line.split('"')[1].split()

    assert option in zebra(daemons_file(recipe, NO_VRF))
    assert option not in zebra(daemons_file(recipe, ALL))


def test_a_fabric_becomes_nodes_and_wires() -> None:
    found = plan.blueprint("x", two_tenants(), Choices(), KIT)
    kinds = {node.name: node.kind for node in found.nodes}
    assert kinds["leaf1"] is NodeKind.SWITCH
    assert kinds["r1"] is NodeKind.HOST
    assert Wire(End("spine1", "swp1"), End("leaf1", "swp1")) in found.wires
    assert Wire(End("leaf1", "swp49"), End("r1", "eth0")) in found.wires


def test_a_trunk_is_a_wire_a_vlan_only_without_802_1q() -> None:
    def ports(kit: Kit) -> set[str]:
        return {w.a.port for w in plan.blueprint("x", two_tenants(), Choices(), kit).wires if w.b.node == "t1"}

    assert ports(replace(KIT, features=replace(NO_VRF, vlan=False))) == {"swp52", "swp52.10", "swp52.20"}
    assert ports(KIT) == {"swp52"}


def test_no_file_of_a_switch_names_a_fabric_address_but_its_management() -> None:
    """Everything else has to arrive by a change."""
    files = plan.blueprint("x", clos(1, 1), Choices(), KIT).node("leaf1").files
    factory = [f for f in files if f.path.startswith(("/etc/network", "/etc/frr"))]
    assert not [f.path for f in factory if "10.255." in f.text or "router bgp" in f.text]


def test_a_foreign_platform_is_refused_by_name() -> None:
    fabric = clos(1, 1)
    foreign = replace(fabric, devices=tuple(replace(d, platform="eos") for d in fabric.devices))
    with pytest.raises(PermanentError, match=r"leaf1 \(eos\), spine1 \(eos\)"):
        plan.blueprint("x", foreign, Choices(), KIT)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [(["10.0.0.1/24"], "10.0.0.254/24"), (["10.0.0.254/24", "10.0.0.253/24"], "10.0.0.252/24")],
)
def test_the_labs_own_address_is_the_highest_free(taken: list[str], expected: str) -> None:
    assert next(plan.free(IPv4Interface(x) for x in taken)) == expected


def test_a_full_management_network_is_an_error() -> None:
    with pytest.raises(PermanentError, match="no address left"):
        next(plan.free(IPv4Interface(x) for x in ("10.0.0.1/30", "10.0.0.2/30")))


def test_only_missing_wires_are_plugged() -> None:
    wires = (Wire(End("a", "p1"), End("b", "p1")), Wire(End("a", "p2"), End("c", "p1")))
    assert wiring.missing(wires, {"a": {"p1"}}) == (wires[1],)
    text = wiring.batch(wires[1:], {"a": "eth0"}, {"a": 7, "c": 9})
    index = wires[1].a.index
    assert f"link add p2 index {index} address {wires[1].a.mac} mtu 1500 netns 7 type veth peer name p1 " in text
    assert f"link set {management_port('a')} master mgmt up" in text


def test_the_ends_of_a_cable_have_different_indexes() -> None:
    """And those of one node too; only what the kernel can hold."""
    found = [End(f"leaf{n}", f"swp{port}").index for n in range(30) for port in range(64)]
    assert len(set(found)) == len(found)
    assert all(0 < index < 1 << 31 for index in found)


def test_names_of_management_cables_fit_the_kernel() -> None:
    names = {management_port(f"a-rather-long-switch-name-{n}") for n in range(1000)}
    assert len(names) == 1000
    assert all(len(name) <= 15 for name in names)


def test_every_graph_names_every_node_and_cable() -> None:
    fabric = two_tenants()
    for form in graph.FORMATS:
        text = graph.draw(fabric, form)
        assert all(node in text for node in ("spine1", "leaf2", "t1"))
        assert "swp52" in text
    drawing = ElementTree.fromstring(graph.svg(fabric))
    assert len([x for x in drawing if x.tag.endswith("path")]) == len(fabric.links) + len(fabric.hosts)
    with pytest.raises(PermanentError) as error:
        graph.draw(fabric, "png")
    assert "dot, html, mermaid" in error.value.hint


def test_all_lacks_are_named_at_once_with_remedies() -> None:
    lacks = preflight.kernel(replace(ALL, vxlan=False, overlay=False, vrf=False))
    assert [lack.what for lack in lacks] == ["the kernel has no vxlan", "the kernel has no overlay"]
    with pytest.raises(PermanentError, match="CONFIG_OVERLAY_FS"):
        preflight.require(lacks)


def test_a_process_is_not_another_that_reuses_its_number() -> None:
    me = Process.of(os.getpid())
    assert me.alive()
    assert not replace(me, start_ticks=me.start_ticks + 1).alive()
    assert not replace(me, boot_id="another").alive()


def test_killing_waits_for_the_end_and_spares_a_stranger() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = Process.of(child.pid)
        assert replace(found, start_ticks=1).kill()
        assert child.poll() is None
        assert found.kill()
        assert child.wait(5) == -9


def test_state_survives_the_file(tmp_path: Path) -> None:
    first = state.LabState(
        name="x",
        anchor=Process(1, 2, "pid:[3]", "b"),
        rootless=None,
        features=NO_VRF,
        gateway="10.0.0.1/24",
        nodes=(state.NodeState("leaf1", NodeKind.SWITCH, "switch-frr8", "10.0.0.2/24", "key"),),
        wires=(Wire(End("a", "p1"), End("b", "p1"), 9000),),
    )
    path = tmp_path / "state.json"
    assert state.load(path) is None
    state.save(first, path)
    assert state.load(path) == first
    path.write_text(path.read_text()[:40])
    with pytest.raises(PermanentError, match="damaged"):
        state.load(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 99}', "another version"),
        ("[]", "another version"),
        ('{"version": 1, "name": "x"}', "anchor: Field required"),
        ('{"version": 1, "name": "x", "anchor": null, "rootless": null, "features": []}', "features: Input should be"),
        ('{"version": 1, "name": "x", "anchor": {"pid": "one"}}', "anchor.pid: Input should be a valid integer"),
        ("[" * 200_000, "damaged"),
        ("\udcff", "damaged"),
    ],
)
def test_a_state_that_is_none_is_said_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(PermanentError, match=said) as error:
        state.load(path)
    assert error.value.hint == state.REMEDY


def test_a_folder_for_the_state_is_said(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="Is a directory"):
        state.load(tmp_path)


def machines(*names: str) -> Fabric:
    fabric = clos(1, 3)
    return replace(fabric, hosts=tuple(replace(host, systemd=host.name in names) for host in fabric.hosts))


def test_a_systemd_host_is_reached_below_the_labs_own_address_and_keeps_its_own() -> None:
    found = plan.blueprint("x", machines("h1", "h2"), Choices(), KIT)
    assert found.gateway == "172.30.0.254/24"
    assert {n.name: n.management for n in found.nodes if n.kind is NodeKind.SYSTEMD} == {
        "h1": "172.30.0.253/24",
        "h2": "172.30.0.252/24",
    }
    later = plan.blueprint("x", machines("h2", "h3"), Choices(), KIT, {"h2": "172.30.0.252/24"})
    assert later.node("h2").management == "172.30.0.252/24"
    assert later.node("h3").management == "172.30.0.253/24"
    taken = plan.blueprint("x", machines("h2"), Choices(), KIT, {"h2": "172.30.0.101/24"})
    assert taken.node("h2").management == "172.30.0.253/24", "a switch has got that address since"


def test_light_hosts_in_their_place_are_a_choice() -> None:
    fabric = machines("h1")
    assert plan.images(fabric, Choices()) == ("server", "switch-frr10")
    assert plan.images(fabric, Choices(light=True)) == ("switch-frr10",)
    assert plan.blueprint("x", fabric, Choices(light=True), KIT).node("h1").kind is NodeKind.HOST
    assert plan.machines(fabric, Choices(hosts=False)) == ()


def test_what_an_ordinary_user_cannot_have_is_refused_by_name() -> None:
    lacks = preflight.rootless_limits(Rootless(1000, 1000), ("h2", "h1"))
    with pytest.raises(PermanentError, match=r"systemd hosts \(h1, h2\) need root: .*\n?.*--light"):
        preflight.require(lacks)
    assert preflight.rootless_limits(None, ("h1",)) == ()
    assert preflight.rootless_limits(Rootless(1000, 1000), ()) == ()


def test_systemd_hosts_never_share_this_machines_control_groups() -> None:
    with pytest.raises(PermanentError, match=r"h1.*control group"):
        preflight.require(preflight.machine_limits(("h1",), ()))
    assert preflight.machine_limits(("h1",), (Path("/sys/fs/cgroup/x"),)) == ()
    assert preflight.machine_limits((), ()) == ()


def test_a_peers_password_stands_in_its_configuration_alone() -> None:
    peer = replace(with_routers().externals[0], password="env:ISP1")
    node = plan.blueprint("x", replace(clos(1, 2), externals=(peer,)), Choices(), KIT).node("isp1")
    files = [file for file in node.files if lab_secret("x", "env:ISP1") in file.text]
    assert [(file.path, file.mode) for file in files] == [("/etc/frr/frr.conf", 0o640)]
    assert "env:ISP1" not in files[0].text


@pytest.mark.parametrize(("asn", "local_as"), [(64500, False), (64501, True)], ids=["one AS", "an AS each"])
def test_the_two_sessions_on_one_port_are_one_router_at_one_cable(asn: int, local_as: bool) -> None:
    one = with_routers()
    fabric = replace(one, externals=(one.externals[0], replace(one.externals[1], asn=asn, password="env:ISP6")))
    lab = plan.blueprint("x", fabric, Choices(), KIT)
    assert [wire for wire in lab.wires if "swp45" in (wire.a.port, wire.b.port)] == [
        Wire(End("leaf2", "swp45"), End("isp1", "eth0"), fabric.host_mtu)
    ]
    assert "isp1-v6" not in [node.name for node in lab.nodes]
    texts = {file.path: file.text for file in lab.node("isp1").files}
    conf = texts["/etc/frr/frr.conf"]
    for neighbor in ("192.0.2.0", "2001:db8:ff::"):
        assert f" neighbor {neighbor} remote-as external\n" in conf
        assert f"  neighbor {neighbor} activate\n" in conf
    assert f" neighbor 2001:db8:ff:: password {lab_secret('x', 'env:ISP6')}\n" in conf
    assert (" neighbor 2001:db8:ff:: local-as 64501 no-prepend replace-as\n" in conf) == local_as
    assert all(f"addr add {address} dev eth0" in texts[BATCH] for address in ("192.0.2.1/31", "2001:db8:ff::1/127"))


def test_only_what_a_host_is_born_with_makes_it_start_anew() -> None:
    def digests(fabric: Fabric, kit: Kit = KIT) -> dict[str, str]:
        return {node.name: node.digest for node in plan.blueprint("x", fabric, Choices(), kit).nodes}

    fabric = clos(1, 3)
    before = digests(fabric)
    other_key = replace(KIT, host_key=lambda name: HostKey("", f"another {name}"), authorized_key="another")
    assert digests(fabric, other_key) == before
    assert before["leaf1"] == "", "a switch is configured by changes"
    changed = digests(replace(fabric, host_mtu=9000))
    assert {name for name in before if before[name] != changed[name]} == {"h1", "h2", "h3"}


@pytest.mark.parametrize(
    ("own", "mounts", "expected"),
    [
        pytest.param(
            "0::/user.slice/session-3.scope\n",
            "30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
            ["/sys/fs/cgroup/user.slice/session-3.scope"],
            id="cgroup 2 alone",
        ),
        pytest.param(
            "4:memory:/x\n1:name=systemd:/a\n0::/b\n",
            "31 20 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
            "32 20 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
            "33 20 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
            ["/sys/fs/cgroup/unified/b", "/sys/fs/cgroup/systemd/a"],
            id="both",
        ),
        pytest.param(
            "0::/docker/abc\n",
            "30 20 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
            ["/sys/fs/cgroup"],
            id="a part of the tree is mounted",
        ),
        pytest.param(
            "0::/elsewhere\n", "30 20 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n", [], id="out of sight"
        ),
    ],
)
def test_control_groups_stand_below_the_callers_own(own: str, mounts: str, expected: list[str]) -> None:
    found = cgroups.folders(Path("/state/lab"), own, mounts)
    assert [str(path.parent) for path in found] == expected
    assert cgroups.folders(Path("/state/other"), own, mounts) != found or not expected
