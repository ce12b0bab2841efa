"""Sites of several shapes as fabrics and models, without files."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from rtmctl.fabric import Fabric, allocate, derive, read_lock
from rtmctl.fabric.lock import Lock
from rtmctl.intent import load_site, read_text
from rtmctl.model import DeviceModel, build_models

INVENTORIES = Path(__file__).parents[3] / "inventories"

OBSERVED = """
site: observed
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf[3-4]: {role: leaf, rack: r2}
tenants:
  red: {}
  blue: {policy: flows}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.1.10.0/24, 2001:db8:10::/64]}
  db: {tenant: red, vlan: 20, subnets: [10.1.20.0/24], racks: [r2]}
  app: {tenant: blue, vlan: 30, subnets: [10.2.30.0/24]}
  store: {tenant: blue, vlan: 40, subnets: [10.2.40.0/24]}
hosts:
  web1: {rack: r1, leaf: leaf1, segment: web}
  web2: {rack: r2, leaf: leaf3, segment: web}
  db1: {rack: r2, leaf: leaf4, segment: db}
  app1: {rack: r1, leaf: leaf2, segment: app}
  store1: {rack: r2, leaf: leaf3, segment: store}
  any1: {rack: r2, attachment: routed, tenant: red, services: [10.1.99.1/32]}
  guest1: {rack: r1, leaf: leaf1, segment: web, managed: false}
flows:
  - {from: app, to: store, protocol: tcp, ports: [5432]}
"""

"""what the lab runs too"""

BASE = OBSERVED.replace("site: observed", "site: base").replace(
    "2001:db8:10::/64]}", "2001:db8:10::/64], dhcp_relay: [10.1.20.9]}"
)
NUMBERED = BASE.replace("site: base", "site: numbered\nfabric: {underlay: numbered, overlay: ebgp-multihop}")
TRADITIONAL = BASE.replace("site: base", "site: traditional\nfabric: {overlay: ibgp-rr, bridge: traditional}")

THREE_TIERS = """
site: tall
switches:
  super[1-2]: {role: super-spine}
  spine[1-2]: {role: spine, pod: pod1}
  spine[3-4]: {role: spine, pod: pod2}
  leaf[1-2]: {role: leaf, rack: r1, pod: pod1}
  leaf[3-4]: {role: leaf, rack: r2, pod: pod2}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.1.10.0/24]}
hosts:
  web1: {rack: r1, segment: web}
  web2: {rack: r2, segment: web}
"""

TEXTS = {"base": BASE, "numbered": NUMBERED, "traditional": TRADITIONAL, "three-tiers": THREE_TIERS}


@lru_cache
def fabric(text: str) -> Fabric:
    site, findings = read_text(text)
    assert site is not None, findings
    return derive(site, allocate(site, Lock({})))


@lru_cache
def models(text: str, drained: frozenset[str] = frozenset()) -> dict[str, DeviceModel]:
    return build_models(fabric(text), drained)


def inventories() -> Iterable[Path]:
    return sorted(path.parent for path in INVENTORIES.glob("*/site.yaml"))


def inventory(root: Path) -> Fabric:
    site = load_site(root)
    return derive(site, allocate(site, read_lock(root)))
