"""`up` on a lab that runs: it becomes what the fabric is now, and what has not changed keeps running."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from rtmctl.base import PermanentError
from rtmctl.fabric.types import Attachment, Fabric, Segment
from rtmctl.lab import Choices, Lab
from tests.lab.fabrics import clos


def trunk(fabric: Fabric, *vlans: int) -> Fabric:
    """h1 is a trunk with these VLANs, a segment each."""
    web = fabric.segments[0]
    segments: tuple[Segment, ...] = tuple(replace(web, name=f"v{vlan}", vlan=vlan, vni=10000 + vlan) for vlan in vlans)
    h1 = fabric.host("h1")
    addresses = tuple(replace(h1.addresses[0], segment=s.name) for s in segments[:1])
    h1 = replace(
        h1, attachment=Attachment.TRUNK, untagged=None, tagged=tuple(s.name for s in segments), addresses=addresses
    )
    return replace(fabric, segments=(web, *segments), hosts=(h1, *fabric.hosts[1:]))


def ports(lab: Lab, node: str) -> set[str]:
    return {link["ifname"] for link in json.loads(lab.run(node, "ip", "-j", "link").stdout)} - {"lo"}


def started(lab: Lab, node: str) -> str:
    return lab.run(node, "cat", "/proc/1/stat").stdout.split()[21]


@pytest.fixture
def lab(labs: Callable[[str], Lab]) -> Lab:
    made = labs("changing")
    made.down()
    assert made.up(clos(1, 2)).complete
    return made


def test_a_removed_host_is_gone_with_its_cable(lab: Lab) -> None:
    before = started(lab, "leaf1")
    status = lab.up(clos(1, 2, hosts=False))
    assert {node.name for node in status.nodes} == {"spine1", "leaf1", "leaf2"}
    assert ports(lab, "leaf1") == {"eth0", "swp1"}
    assert started(lab, "leaf1") == before
    assert lab.up(clos(1, 2)).complete
    assert ports(lab, "leaf1") == {"eth0", "swp1", "swp49"}
    assert "10.10.1.1/16" in lab.run("h1", "ip", "-br", "addr").stdout


def test_a_removed_switch_leaves_no_port_and_a_new_one_is_wired(lab: Lab) -> None:
    before = started(lab, "spine1")
    lab.up(clos(1, 1))
    assert ports(lab, "spine1") == {"eth0", "swp1"}
    with pytest.raises(PermanentError, match="no node"):
        lab.run("leaf2", "true")
    assert lab.up(clos(1, 3)).complete
    assert ports(lab, "spine1") == {"eth0", "swp1", "swp2", "swp3"}
    assert started(lab, "spine1") == before


def test_another_image_is_another_lab_although_connections_were_open(lab: Lab) -> None:
    """The kernel keeps a dead switch's namespace while it tries to end a connection, here one that never ends."""
    serve = "import socket, time; s = socket.create_server(('', 9)); c = s.accept()[0]; c.send(b'x' * 10**6)"
    for switch in ("leaf1", "leaf2"):
        lab.run(switch, "sh", "-c", f'python3 -c "{serve}; time.sleep(99)" >/dev/null 2>&1 & sleep 0.5')
        address = lab.access(switch).address
        ask = f"import socket, time; s = socket.create_connection(('{address}', 9)); time.sleep(99)"
        lab.run("spine1", "sh", "-c", f'python3 -c "{ask}" >/dev/null 2>&1 & sleep 0.5')
    before = lab.access("leaf1").host_key
    assert lab.up(clos(1, 2), Choices(image="frr8")).complete
    assert lab.run("leaf1", "pgrep", "-x", "sshd").returncode == 0
    assert lab.access("leaf1").host_key != before
    assert lab.run("leaf1", "cat", "/etc/ssh/ssh_host_ed25519_key.pub").stdout.strip() == lab.access("leaf1").host_key


def test_a_cable_that_moved_is_on_its_new_port_alone(lab: Lab) -> None:
    fabric = clos(1, 2)
    moved = tuple(replace(h, links=(replace(h.links[0], port="swp33"),)) if h.name == "h2" else h for h in fabric.hosts)
    assert lab.up(replace(fabric, hosts=moved)).complete
    assert ports(lab, "leaf2") == {"eth0", "swp1", "swp33"}
    assert "10.10.1.2/16" in lab.run("h2", "ip", "-br", "addr", "show", "eth0").stdout


def test_a_trunk_gains_and_loses_a_vlan(lab: Lab) -> None:
    lab.up(trunk(clos(1, 2), 10))
    one = ports(lab, "h1")
    lab.up(trunk(clos(1, 2), 10, 20))
    assert ports(lab, "h1") - one == {"eth0.20"}
    assert "10.10.1.1/16" in lab.run("h1", "ip", "-br", "addr", "show", "eth0.10").stdout
    assert "UP" in lab.run("h1", "ip", "-br", "link", "show", "eth0.20").stdout
    lab.up(trunk(clos(1, 2), 10))
    assert ports(lab, "h1") == one


def test_a_cable_that_was_torn_out_is_plugged_and_configured_again(lab: Lab) -> None:
    lab.run("leaf1", "sh", "-c", "printf 'auto swp1\\niface swp1\\n    mtu 9000\\n' >> /etc/network/interfaces")
    lab.run("leaf1", "ip", "link", "del", "swp1")
    lab.run("leaf2", "ip", "link", "del", "swp49")
    assert lab.up(clos(1, 2)).complete
    assert json.loads(lab.run("leaf1", "ip", "-j", "link", "show", "swp1").stdout)[0]["mtu"] == 9000
    assert "10.10.1.2/16" in lab.run("h2", "ip", "-br", "addr", "show", "eth0").stdout


def test_a_host_with_another_address_is_started_with_it(lab: Lab) -> None:
    fabric = clos(1, 2)
    address = replace(fabric.host("h2").addresses[0], interface=fabric.host("h1").addresses[0].interface)
    h2 = replace(fabric.host("h2"), addresses=(address,))
    before = started(lab, "h1")
    assert lab.up(replace(fabric, hosts=(fabric.host("h1"), h2))).complete
    assert "10.10.1.1/16" in lab.run("h2", "ip", "-br", "addr", "show", "eth0").stdout
    assert started(lab, "h1") == before
