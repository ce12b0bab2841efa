"""What of the fabric itself an address, a MAC or a name is."""

import observe_perfect as perfect
import observe_sites as sites
import pytest

from rtmctl.observe import where

FABRIC, MODELS = sites.fabric(sites.TEXTS["base"]), sites.models(sites.TEXTS["base"])
STATES = perfect.reading(FABRIC, MODELS).states
LEAF = MODELS["leaf1"]
GATEWAY = next((svi, address) for svi in LEAF.svis for address in svi.addresses)
SAME = sorted(n for n, m in MODELS.items() if any(GATEWAY[1] in svi.addresses for svi in m.svis))
MAC = next(link.mac for link in STATES["leaf1"].links if link.name == "swp49")

QUERIES = {
    "an anycast gateway is on every leaf of its segment": (str(GATEWAY[1].ip), SAME, "anycast gateway of"),
    "with its length": (str(GATEWAY[1]), SAME, "anycast gateway of"),
    "a VTEP": (str(LEAF.vtep), ["leaf1"], "VTEP"),
    "a router id": (str(LEAF.router_id), ["leaf1"], "loopback"),
}


@pytest.mark.parametrize(("query", "devices", "what"), QUERIES.values(), ids=QUERIES)
def test_an_address_of_the_fabric(query: str, devices: list[str], what: str) -> None:
    found = where(FABRIC, MODELS, STATES, query).owned
    assert [row.device for row in found] == devices
    assert all(row.what.startswith(what) and row.there for row in found)


def test_a_switch_by_its_name_in_any_case() -> None:
    found = where(FABRIC, MODELS, STATES, "LEAF1").owned
    assert {row.device for row in found} == {"leaf1"}
    assert {"loopback", "VTEP", "management"} <= {row.what for row in found}


def test_an_address_that_the_device_lost() -> None:
    without = {"leaf1": perfect.change(perfect.reading(FABRIC, MODELS), "leaf1", links=()).states["leaf1"]}
    assert [row.there for row in where(FABRIC, MODELS, without, str(LEAF.vtep)).owned] == [False]
    assert [row.there for row in where(FABRIC, MODELS, {}, str(LEAF.vtep)).owned] == [None]


SPELLINGS = {"Linux": ":".join, "Windows": "-".join, "bare": "".join}


@pytest.mark.parametrize("join", SPELLINGS.values(), ids=SPELLINGS)
def test_a_mac_in_any_usual_notation(join: object) -> None:
    query = join(MAC.split(":")).upper()  # type: ignore[operator]  # str.join
    found = where(FABRIC, MODELS, STATES, query).owned
    assert ("leaf1", "swp49") in {(row.device, row.interface) for row in found}


def test_cisco_writes_three_groups() -> None:
    digits = MAC.replace(":", "")
    query = f"{digits[:4]}.{digits[4:8]}.{digits[8:]}"
    assert where(FABRIC, MODELS, STATES, query).owned == where(FABRIC, MODELS, STATES, MAC).owned


def test_an_address_that_nobody_has_is_placed_by_its_subnet() -> None:
    free = str(GATEWAY[1].network.broadcast_address - 1)
    assert where(FABRIC, MODELS, STATES, free).segment.startswith("segment ")
