"""A small fabric in a real lab, its intent in two versions, and the change room's Network over it."""

import asyncio
from pathlib import Path
from typing import Any

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, Network, carry_out, make
from rtmctl.cli.target import lab_endpoint
from rtmctl.device import connect
from rtmctl.fabric import Fabric, allocate, derive, read_lock, write_lock
from rtmctl.intent import load_site
from rtmctl.lab import Lab
from rtmctl.lab.substitute import adapt, restore
from rtmctl.model import DeviceConfig, DeviceModel, build_models
from rtmctl.render import render
from rtmctl.store import Store

SITE = """
site: change
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h2: {rack: r1, leaf: leaf2, segment: web}
"""
MORE = SITE.replace("hosts:", "  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24]}\nhosts:") + (
    "  h3: {rack: r1, leaf: leaf2, segment: app}\n"
)
"""one segment and host more"""


def fabric_of(root: Path, text: str) -> Fabric:
    """Derive the site in `root` after writing `text` there; the lock grows and is kept."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "site.yaml").write_text(text)
    site = load_site(root)
    lock = allocate(site, read_lock(root))
    write_lock(root, lock)
    return derive(site, lock)


def bring_up(net: Network, *, drain: bool = True) -> Network:
    """Plan and apply what the site says; the network again."""
    result = asyncio.run(carry_out(net, asyncio.run(make(net)), ApplyOptions(drain=drain)))
    assert result.exit is Exit.DONE, result
    return net


def network(lab: Lab, fabric: Fabric, store: Store) -> Network:
    ends = {device.name: lab_endpoint(lab, device.name, device.platform) for device in fabric.devices}

    def write(model: DeviceModel) -> DeviceConfig:
        return adapt(render(model), lab.features(model.hostname))[0]

    def build(drained: frozenset[str]) -> tuple[dict[str, DeviceModel], dict[str, DeviceConfig]]:
        models = build_models(fabric, drained)
        return models, {name: write(model) for name, model in models.items()}

    async def dial(name: str) -> Any:
        return await connect(ends[name])

    def production(name: str, running: DeviceConfig) -> DeviceConfig | None:
        return restore(running, lab.features(name))

    return Network("change", fabric, build, dial, store, write=write, restore=production)
