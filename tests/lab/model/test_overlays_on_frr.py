"""The overlay forms that no other lab uses, on real FRR: what the simulation says is what BGP does."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rtmctl.base import RtmctlError
from rtmctl.device import Endpoint, connect
from rtmctl.fabric import Fabric, Lock, allocate, derive
from rtmctl.intent import read_text
from rtmctl.lab import Lab
from rtmctl.lab.substitute import adapt
from rtmctl.model import DeviceModel, build_models
from rtmctl.render import render

SITE = """
site: {name}
switches:
  spine[1-2]: {{role: spine}}
  leaf[1-2]: {{role: leaf, rack: r1}}
  leaf3: {{role: leaf, rack: r2}}
fabric: {{overlay: {overlay}, underlay: {underlay}}}
tenants: {{prod: {{}}}}
segments:
  web: {{tenant: prod, vlan: 10, subnets: [10.1.0.0/24]}}
hosts:
  web1: {{rack: r1, leaf: leaf1, segment: web}}
  web2: {{rack: r2, leaf: leaf3, segment: web}}
  k1: {{rack: r1, attachment: routed, tenant: prod, services: [10.99.0.1/32]}}
"""
HANG_S = 60.0


def eventually(what: str, ask: Callable[[], Any], expected: Any) -> None:
    deadline = time.monotonic() + HANG_S
    while (seen := ask()) != expected:
        assert time.monotonic() < deadline, f"{what}: expected {expected}, seen {seen}"
        time.sleep(0.5)


def configure(lab: Lab, models: dict[str, DeviceModel], transaction: str) -> None:
    async def one(name: str) -> None:
        a = lab.access(name)
        session = await connect(Endpoint(name, "frr", a.address, a.port, a.user, a.key, a.known_hosts, a.dial))
        config, _ = adapt(render(models[name]), lab.features(name))
        lease = await session.lease("model-tests", 120, "tests")
        await session.stage(transaction, lease.fence, config)
        await session.commit(transaction, lease.fence, (await session.running()).hash, 120)
        await session.confirm(transaction, lease.fence)
        await session.close()

    async def every() -> None:
        await asyncio.gather(*(one(name) for name in models))

    asyncio.run(every())


def next_hops(lab: Lab, leaf: str, prefix: str, vrf: str = "default") -> list[str]:
    """Interfaces (underlay) or VTEPs (VRF) of the kernel's route: FRR 10.3 marks but one of equal hops as installed."""
    space = () if vrf == "default" else ("-n", vrf)
    done = lab.run(leaf, "ip", *space, "-j", "route", "show", prefix)
    hops = [hop for route in json.loads(done.stdout or "[]") for hop in route.get("nexthops", [route])]
    return sorted(hop["dev"] if vrf == "default" else hop["gateway"] for hop in hops)


@pytest.mark.parametrize(("overlay", "underlay"), [("ibgp-rr", "unnumbered"), ("ebgp-multihop", "numbered")])
def test_the_overlay_converges_and_a_drained_spine_is_left(
    labs: Callable[[str], Lab], overlay: str, underlay: str
) -> None:
    site, findings = read_text(SITE.format(name=f"form-{overlay}", overlay=overlay, underlay=underlay), Path())
    assert site is not None, findings
    fabric: Fabric = derive(site, allocate(site, Lock.empty()))
    lab = labs(f"form-{overlay}")
    try:
        lab.up(fabric)
    except RtmctlError as error:
        pytest.skip(f"no lab here: {error.message}")
    configure(lab, build_models(fabric), "t1")
    vteps = {name: str(fabric.device(name).vtep) for name in ("leaf1", "leaf2", "leaf3")}
    eventually("both spines", lambda: next_hops(lab, "leaf3", f"{vteps['leaf1']}/32"), ["swp49", "swp50"])
    eventually(
        "a routed host behind both leafs of its rack",
        lambda: next_hops(lab, "leaf3", "10.99.0.1/32", "prod"),
        sorted((vteps["leaf1"], vteps["leaf2"])),
    )
    models = build_models(fabric, frozenset({"spine1", "leaf1"}))
    configure(lab, {name: models[name] for name in ("spine1", "leaf1")}, "t2")
    eventually("the other spine", lambda: next_hops(lab, "leaf3", f"{vteps['leaf2']}/32"), ["swp50"])
    eventually("the other leaf", lambda: next_hops(lab, "leaf3", "10.99.0.1/32", "prod"), [vteps["leaf2"]])
