"""A site that is right: the smallest one, the examples, ranges, several files, positions."""

from pathlib import Path

import pytest

from rtmctl.base import Position, Severity, SiteInvalid
from rtmctl.fabric import read_lock, stale
from rtmctl.intent import load_site, new_site, read_site, read_text
from rtmctl.intent.schema.switches import Role
from rtmctl.intent.site import Site

INVENTORIES = Path(__file__).parents[3] / "inventories"

SMALLEST = """\
site: tiny
switches:
  spine1: {role: spine}
  leaf1: {role: leaf, rack: r1}
tenants:
  blue:
segments:
  web: {tenant: blue, vlan: 10, subnets: [10.0.0.0/24]}
hosts:
  web1: {rack: r1, segment: web}
"""


def loaded(text: str) -> Site:
    site, findings = read_text(text)
    assert findings == ()
    assert site is not None
    return site


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_the_smallest_site_has_ten_lines() -> None:
    assert len(SMALLEST.splitlines()) == 10
    site = loaded(SMALLEST)
    assert site.name == "tiny"
    assert site.intent.tenants["blue"].policy == "open"


@pytest.mark.parametrize("name", sorted(p.parent.name for p in INVENTORIES.glob("*/site.yaml")))
def test_example_sites_are_valid(name: str) -> None:
    site, findings = read_site(INVENTORIES / name)
    assert findings == ()
    assert site is not None
    assert site.name == name


@pytest.mark.parametrize("name", sorted(p.parent.name for p in INVENTORIES.glob("*/site.yaml")))
def test_example_sites_come_with_a_lock_that_fits(name: str) -> None:
    site = load_site(INVENTORIES / name)
    assert stale(site, read_lock(site.root)) == ()


def test_waw1_shows_what_the_schema_can_do() -> None:
    intent = load_site(INVENTORIES / "waw1").intent
    assert {host.attachment for host in intent.hosts.values()} == {"access", "trunk", "routed"}
    assert {switch.role for switch in intent.switches.values()} >= {Role.SPINE, Role.LEAF, Role.BORDER}
    assert any(external.firewall for external in intent.externals.values())
    assert {subnet.version for segment in intent.segments.values() for subnet in segment.subnets} == {4, 6}
    assert {flow.via for flow in intent.flows} >= {None, "leak", "fw1-dmz"}
    assert any(segment.local for segment in intent.segments.values())
    assert any(segment.dhcp_relay for segment in intent.segments.values())
    assert intent.freeze


@pytest.mark.parametrize(("spines", "leafs"), [(1, 1), (2, 4), (2, 5), (16, 7), (64, 512)])
def test_a_new_site_validates_at_once(spines: int, leafs: int) -> None:
    site = loaded(new_site("Kraków DC-1!", spines, leafs))
    roles = [switch.role for switch in site.intent.switches.values()]
    assert roles.count(Role.SPINE) == spines
    assert roles.count(Role.LEAF) == leafs
    leafs_with_hosts = {host.leaf for host in site.intent.hosts.values()}
    assert leafs_with_hosts == {name for name, switch in site.intent.switches.items() if switch.role is Role.LEAF}


def test_a_new_site_has_limits() -> None:
    with pytest.raises(Exception, match="1 to 512 leafs"):
        new_site("x", 2, 513)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("leaf[1-3]", ["leaf1", "leaf2", "leaf3"]),
        ("leaf[08-11]", ["leaf08", "leaf09", "leaf10", "leaf11"]),
        ("l[9-10]-a", ["l9-a", "l10-a"]),
        ("leaf[5-5]", ["leaf5"]),
    ],
)
def test_a_range_stands_for_its_names(key: str, names: list[str]) -> None:
    text = "site: x\nswitches:\n  spine1: {role: spine}\n"
    racks = "  other1: {role: leaf, rack: r0}\n"
    hosts = f"hosts:\n  {key}: {{rack: r0, segment: web}}\n"
    net = "tenants: {blue: }\nsegments:\n  web: {tenant: blue, vlan: 10, subnets: [10.0.0.0/24]}\n"
    site = loaded(text + racks + net + hosts)
    assert list(site.intent.hosts) == names
    for name in names:
        assert site.keys["hosts", name].line == 9
        assert site.where("hosts", name, "rack") == Position("site.yaml", 9, len(key) + 12, len(key) + 14)


def test_positions_of_values_keys_and_what_was_left_out() -> None:
    site = loaded(SMALLEST)
    assert site.where("segments", "web", "vlan") == Position("site.yaml", 8, 29, 31)
    assert site.where("segments", "web", "subnets", 0) == Position("site.yaml", 8, 43, 54)
    # a mapping or list has the place of the key it stands behind, and so has what was not written
    assert site.where("segments", "web") == Position("site.yaml", 8, 3, 6)
    assert site.where("segments", "web", "vni") == Position("site.yaml", 8, 3, 6)
    assert site.where("fabric", "mtu") == Position("site.yaml", 1, 1)


def test_files_below_site_d_are_joined(tmp_path: Path) -> None:
    head, tail = SMALLEST.split("hosts:\n")
    root = write(
        tmp_path,
        {
            "site.yaml": head,
            "site.d/hosts/r1.yaml": "hosts:\n" + tail + "flows: []\n",
            "site.d/hosts/r2.yaml": "hosts:\n  web2: {rack: r1, segment: web}\n",
            "rtmctl.lock.yaml": "this: is not read\n",
            "site.d/.hidden.yaml": "nor: this\n",
        },
    )
    site = load_site(root)
    assert list(site.intent.hosts) == ["web1", "web2"]
    assert site.where("hosts", "web2", "rack") == Position("site.d/hosts/r2.yaml", 2, 16, 18)


def test_a_name_in_two_files_is_an_error_at_both_places(tmp_path: Path) -> None:
    again = "hosts:\n\n  web1: {rack: r1, segment: web}\nsite: other\nflows: []\n"
    site, findings = read_site(write(tmp_path, {"site.yaml": SMALLEST, "site.d/more.yaml": again}))
    assert site is None
    assert [(f.code, str(f.where), [str(p) for p in f.also]) for f in findings] == [
        ("duplicate-name", "site.d/more.yaml:3:3", ["site.yaml:10:3"]),
        ("duplicate-name", "site.d/more.yaml:4:1", ["site.yaml:1:1"]),
    ]


def test_a_broken_file_hides_no_mistake_in_another_and_invents_none(tmp_path: Path) -> None:
    files = {"site.yaml": SMALLEST.replace("tenants:\n  blue:\n", ""), "site.d/tenants.yaml": "tenants: {blue\n"}
    files["site.d/z.yaml"] = "hosts:\n  web2: {rack: r1, segmnt: web}\n"
    _, findings = read_site(write(tmp_path, files))
    assert [(f.code, f.where.file if f.where else "") for f in findings] == [
        ("yaml-syntax", "site.d/tenants.yaml"),
        ("unknown-key", "site.d/z.yaml"),
    ]


def test_load_site_raises_with_all_findings_and_lets_warnings_pass(tmp_path: Path) -> None:
    write(tmp_path, {"site.yaml": SMALLEST + "environment: production\n"})
    assert load_site(tmp_path).intent.environment == "production"
    _, findings = read_site(tmp_path)
    assert [f.severity for f in findings] == [Severity.WARNING]
    write(tmp_path, {"site.yaml": SMALLEST.replace("vlan: 10", "vlan: 0").replace("rack: r1, s", "rack: r2, s")})
    with pytest.raises(SiteInvalid) as caught:
        load_site(tmp_path)
    assert [f.code for f in caught.value.findings] == ["out-of-range", "unknown-name"]
