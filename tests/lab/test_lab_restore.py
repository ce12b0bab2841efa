"""What a lab's switches run reads as the very models it was rendered from, so that a plan says there what it would say
of the site itself: which sessions reset, and whom that touches."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Network, carry_out, make
from rtmctl.change.reading import Normaliser, current_models, read_fleet
from rtmctl.fabric import Fabric
from rtmctl.fabric.types import BridgeForm
from rtmctl.lab import Choices, Lab
from rtmctl.lab.secrets import lab_secret
from rtmctl.model import build_models
from rtmctl.store import open_store
from tests.lab.change.change_lab import fabric_of, network

SITE = """
site: restore
fabric: {bridge: BRIDGE}
switches:
  spine1: {role: spine}
  leaf1: {role: leaf, rack: r1}
  edge1: {role: border, rack: r2}
tenants: {red: {}, blue: {}}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24, "2001:db8:20::/64"]}
  ops: {tenant: blue, vlan: 30, subnets: [10.9.30.0/24]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h2: {rack: r1, leaf: leaf1, segments: [app, ops], attachment: trunk}
externals:
  isp:
    {border: edge1, tenant: red, asn: 65010, local: 192.0.2.0/31, peer: 192.0.2.1/31, port: swp9, password: env:FIRST}
  isp6: {border: edge1, tenant: red, asn: 65010, local: "2001:db8::/127", peer: "2001:db8::1/127", port: swp9}
"""
H2 = "  h2: {rack: r1, leaf: leaf1, segments: [app, ops], attachment: trunk}\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the site's files, and what a plan must then say of one device."""

    was: str
    now: str
    device: str
    resets: tuple[str, ...] = ()
    impact: tuple[str, ...] = ()


EDITS = {
    "a host leaves": Edit(H2, "", "leaf1", impact=("hosts h2", "segments app, ops")),
    "another password": Edit(
        "env:FIRST", "env:SECOND", "edge1", resets=("BGP session red 192.0.2.1: password changes",)
    ),
    "another BFD profile": Edit(
        "fabric: {", "fabric: {timers: {profile: fast}, ", "leaf1", impact=("hosts h1, h2", "segments app, ops, web")
    ),
    "another MTU": Edit(
        "fabric: {",
        "fabric: {mtu: {host: 1400, fabric: 9000}, ",
        "leaf1",
        resets=("BGP session default swp49 to spine1: MTU of swp49 changes",),
        impact=("hosts h1, h2", "segments app, ops, web"),
    ),
}


@dataclass(frozen=True, slots=True)
class Running:
    """A lab that runs its site."""

    lab: Lab
    folder: Path
    site: str
    fabric: Fabric

    def network(self, fabric: Fabric) -> Network:
        plain = network(self.lab, fabric, open_store(str(self.folder / "store.db")))
        return replace(plain, name=fabric.name, resolve=partial(lab_secret, self.lab.name))


@pytest.fixture(scope="module", params=[("frr8", BridgeForm.VLAN_AWARE), ("frr10", BridgeForm.TRADITIONAL)], ids=str)
def running(
    labs: Callable[[str], Lab], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Running:
    image, bridge = request.param
    site, folder = SITE.replace("BRIDGE", bridge), tmp_path_factory.mktemp("site")
    made = Running(labs(f"restore-{image}"), folder, site, fabric_of(folder, site))
    made.lab.up(made.fabric, Choices(image=image))
    net = made.network(made.fabric)
    assert asyncio.run(carry_out(net, asyncio.run(make(net)), ApplyOptions())).exit is Exit.DONE
    return made


def test_what_runs_reads_as_what_was_rendered(running: Running) -> None:
    net = running.network(running.fabric)
    reading = asyncio.run(read_fleet(net.connect, list(net.platforms)))
    normal = Normaliser(net.platforms, net.build(frozenset())[1], net.resolve, reading)
    assert current_models(net.platforms, normal.running(reading), net.restore) == build_models(running.fabric)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_plan_names_resets_and_hosts(running: Running, edit: Edit) -> None:
    assert edit.was in running.site
    fabric = fabric_of(running.folder, running.site.replace(edit.was, edit.now))
    plan = asyncio.run(make(running.network(fabric)))
    part = plan.stages[0].device(edit.device)
    assert (part.resets, part.impact) == (edit.resets, edit.impact)


def test_the_two_sessions_on_one_port_come_up_over_one_cable(running: Running) -> None:
    def up() -> set[str]:
        said = running.lab.run("edge1", "vtysh", "-c", "show bgp vrf red summary json").stdout
        peers = (family.get("peers", {}) for family in json.loads(said).values() if isinstance(family, dict))
        return {name for found in peers for name, peer in found.items() if peer["state"] == "Established"}

    deadline = time.monotonic() + 60
    while up() != {"192.0.2.1", "2001:db8::1"}:
        assert time.monotonic() < deadline, up()
        time.sleep(0.2)
    assert [node.name for node in running.lab.status().nodes if node.name.startswith("isp")] == ["isp"]
