"""A small fabric for plans: two spines, two racks with a pair of leafs each; the texts are the fake devices' own."""

import tempfile
from functools import cache
from pathlib import Path

from change_fake import FakeFabric, config

from rtmctl.change import Plan, PlanOptions, Surroundings, make_plan
from rtmctl.device.types import Running
from rtmctl.fabric import Fabric, allocate, derive, read_lock
from rtmctl.intent import load_site

SPINES = ("spine1", "spine2")
LEAFS = ("leaf1", "leaf2", "leaf3", "leaf4")
ALL = (*LEAFS, *SPINES)
OLD = {name: f"hostname {name}\n old\n" for name in ALL}
NEW = {name: f"hostname {name}\n new\n" for name in ALL}
_SITE = """
site: test
switches:
  spine[1-{spines}]: {{role: spine}}
{leafs}
"""


@cache
def fabric(spines: int = 2, racks: int = 2) -> Fabric:
    leafs = "\n".join(f"  leaf[{2 * r - 1}-{2 * r}]: {{role: leaf, rack: r{r}}}" for r in range(1, racks + 1))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "site.yaml").write_text(_SITE.format(spines=spines, leafs=leafs))
        site = load_site(root)
        return derive(site, allocate(site, read_lock(root)))


def plan_for(
    devices: FakeFabric,
    targets: dict[str, str] | None = None,
    surroundings: Surroundings | None = None,
    options: PlanOptions | None = None,
) -> Plan:
    running = {n: Running(config(d.text), d.hash, "8.4.4") for n, d in devices.devices.items()}
    return make_plan(
        "test",
        fabric(),
        {},
        {name: config(text) for name, text in (targets or NEW).items()},
        running,
        surroundings=surroundings or Surroundings(),
        options=options or PlanOptions(made_by="ann@desk"),
        now=lambda: 1.0,
    )
