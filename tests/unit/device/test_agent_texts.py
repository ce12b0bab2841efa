"""The agent's pure half: one normal form for what was rendered and what FRR prints, merging, masking."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtmctl.device.frr.agent.device import Device
from rtmctl.device.frr.agent.frrtext import differences, with_hollow_blocks
from rtmctl.device.frr.agent.merge import merged
from rtmctl.device.frr.agent.normalform import mask, normal_frr, revealed
from rtmctl.device.frr.agent.running import running
from rtmctl.device.frr.agent.sections import hash_of, nft_tables, split_sections
from rtmctl.device.frr.agent.spare import to_install
from rtmctl.device.frr.agent.stanzas import stanzas
from rtmctl.device.frr.normal import normal_form
from rtmctl.device.onboard.errors import AgentError
from rtmctl.device.onboard.programs import Result
from rtmctl.model.config import DeviceConfig

RENDERED = """\
frr defaults datacenter
hostname leaf1
!
vrf red
 vni 5001
exit-vrf
!
interface swp1
 ipv6 nd ra-interval 10
exit
!
router bgp 65001
 bgp router-id 10.0.0.1
 neighbor swp1 interface remote-as external
 neighbor swp1 password secret
 !
 address-family l2vpn evpn
  advertise-all-vni
  vni 20
   rd 1:20
  exit-vni
  vni 100
   rd 1:100
  exit-vni
 exit-address-family
exit
"""
PRINTED = """\
Building configuration...

Current configuration:
!
frr version 10.3
frr defaults datacenter
hostname leaf1
no ipv6 forwarding
!
router bgp 65001
 bgp router-id 10.0.0.1
 neighbor swp1 interface remote-as external
 neighbor swp1 password secret
 !
 address-family l2vpn evpn
  advertise-all-vni
  vni 100
   rd 1:100
  exit-vni
  vni 20
   rd 1:20
  exit-vni
 exit-address-family
exit
!
interface swp1
 ipv6 nd ra-interval 10
exit
!
interface swp2
exit
!
vrf red
 vni 5001
exit-vrf
!
end
"""


def test_rendered_and_printed_are_equal_in_normal_form() -> None:
    assert normal_frr(RENDERED, "k") == normal_frr(PRINTED, "k")
    assert differences(RENDERED, PRINTED) == []


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("rd 1:100", "rd 1:101", "rd 1:101"),
        (" vni 5001", " vni 5002", "vrf red > vni 5002"),
        ("  advertise-all-vni\n", "", "advertise-all-vni"),
        ("hostname leaf1", "hostname leaf2", "hostname leaf2"),
    ],
)
def test_a_difference_is_seen_with_its_path(old: str, new: str, word: str) -> None:
    changed = RENDERED.replace(old, new)
    assert normal_frr(changed, None) != normal_frr(RENDERED, None)
    assert any(word in line for line in differences(changed, RENDERED))


MADE_LATER = """\
router bgp 65001
 neighbor fabric peer-group
 neighbor fabric timers 3 9
 neighbor 10.0.0.9 remote-as 65009
 neighbor 10.0.0.9 peer-group fabric
 neighbor 10.0.0.20 remote-as 65020
 neighbor 10.0.0.20 peer-group fabric
 neighbor 10.0.0.4 remote-as 65100
 neighbor 10.0.0.4 bfd
 neighbor 10.0.0.4 bfd profile fabric
 address-family ipv4 unicast
  network 10.0.0.1/32
  neighbor fabric activate
  neighbor 10.0.0.20 route-map A in
  neighbor 10.0.0.4 activate
 exit-address-family
exit
"""
SORTED = """\
router bgp 65001
 neighbor fabric peer-group
 neighbor fabric timers 3 9
 neighbor 10.0.0.4 remote-as 65100
 neighbor 10.0.0.4 bfd
 neighbor 10.0.0.4 bfd profile fabric
 neighbor 10.0.0.9 remote-as 65009
 neighbor 10.0.0.9 peer-group fabric
 neighbor 10.0.0.20 remote-as 65020
 neighbor 10.0.0.20 peer-group fabric
 address-family ipv4 unicast
  network 10.0.0.1/32
  neighbor fabric activate
  neighbor 10.0.0.4 activate
  neighbor 10.0.0.20 route-map A in
 exit-address-family
exit
"""


def test_neighbors_are_compared_in_one_order() -> None:
    """FRR prints members of a peer group in the order of their making; a group still comes before its members."""
    assert normal_frr(MADE_LATER, None) == normal_frr(SORTED, None)
    assert normal_frr(SORTED, None).splitlines()[:3] == SORTED.splitlines()[:3]
    assert normal_frr(MADE_LATER.replace("65009", "65008"), None) != normal_frr(SORTED, None)


def test_normal_form_is_stable() -> None:
    once = normal_frr(RENDERED, "k")
    assert normal_frr(once, "k") == once


def test_secrets_are_keyed_hashes() -> None:
    text = normal_frr(RENDERED, "key one")
    assert "secret" not in text and mask("secret", "key one") in text
    assert normal_frr(RENDERED, "key two") != text


def test_a_keyed_hash_stands_for_the_secret_that_runs() -> None:
    masked = "".join(f"{line}\n" for line in normal_frr(RENDERED, "k").splitlines() if "hmac:" in line)
    back = revealed(masked, RENDERED, "k")
    assert "hmac:" not in back and normal_frr(back, "k") == normal_frr(masked, "k")
    assert revealed(RENDERED, "", "k") == RENDERED
    with pytest.raises(AgentError, match="no secret that runs here"):
        revealed(masked, RENDERED, "another key")


def test_the_hash_is_that_of_device_config() -> None:
    config = DeviceConfig.of({"frr": RENDERED, "interfaces": "# by rtmctl\nauto lo\n\niface lo inet loopback\n"})
    form = normal_form(config, "k")
    assert form.hash() == hash_of(dict(form.sections))
    assert form.get("interfaces") == "auto lo\niface lo inet loopback\n"


MERGES = {
    "adds": ("router bgp 65001\n neighbor swp2 interface remote-as external\n", "neighbor swp2", True),
    "replaces the one value": ("router bgp 65001\n bgp router-id 10.0.0.9\n", "bgp router-id 10.0.0.1", False),
    "takes away": ("no vrf red\n", "vrf red", False),
    "takes a nested line away": (
        "router bgp 65001\n address-family l2vpn evpn\n  no advertise-all-vni\n",
        "-all-vni",
        False,
    ),
}


@pytest.mark.parametrize("case", MERGES)
def test_merge(case: str) -> None:
    new, line, there = MERGES[case]
    text = merged("frr", RENDERED, new)
    assert (line in text) is there
    assert "neighbor swp1 interface remote-as external" in text


def test_merging_nothing_changes_nothing() -> None:
    assert differences(RENDERED, merged("frr", RENDERED, "")) == []


def test_merged_stanzas_take_the_place_of_those_of_the_same_name() -> None:
    old = "auto lo\niface lo inet loopback\nauto swp1\niface swp1\n    mtu 1500\n"
    found = stanzas(merged("interfaces", old, "auto swp1\niface swp1\n    mtu 9000\n"))
    assert found["swp1"].values("mtu") == ["9000"] and set(found) == {"lo", "swp1"}


def test_a_merged_relay_takes_the_place_of_that_of_its_interface_and_version() -> None:
    four, six = (
        "vlan10 vrf red link 10.9.10.1 source 10.0.0.1 servers ",
        "vlan10 vrf red link 2001::1 source fd::1 servers ",
    )
    old = f"# leaf1\n{four}10.9.20.9\n{six}2001::9\n"
    assert merged("dhcp-relay", old, f"{four}10.9.20.8\n") == f"# leaf1\n{four}10.9.20.8\n{six}2001::9\n"


names = st.text("abcdefgh", min_size=1, max_size=6)
block_texts = st.dictionaries(names, st.lists(names, max_size=4, unique=True), max_size=6)


@given(block_texts)
def test_order_of_blocks_means_nothing(content: dict[str, list[str]]) -> None:
    texts = [f"{head}\n" + "".join(f" {line}\n" for line in lines) for head, lines in content.items()]
    shuffled = list(reversed(texts))
    assert normal_frr("".join(texts), None) == normal_frr("".join(shuffled), None)


@pytest.mark.parametrize(
    "text",
    ["text first\n#### rtmctl section: frr\n", "#### rtmctl section: nonsense\n", "#### rtmctl section: frr\n" * 2],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(AgentError) as caught:
        split_sections(text)
    assert caught.value.code == "syntax"


def test_tables_of_a_ruleset() -> None:
    text = "table inet rtmctl {\n}\nadd table ip6 x\ntable y {\n}\nflush ruleset\n"
    assert nft_tables(text) == ["inet rtmctl", "ip y", "ip6 x"]


def test_forwarding_is_left_as_it_is_by_frr_reload() -> None:
    assert "no ipv6 forwarding\n" in with_hollow_blocks(RENDERED, PRINTED)
    assert "interface swp2\nexit\n" in with_hollow_blocks(RENDERED, PRINTED + "interface swp2\n description x\n")


def test_running_is_told_with_comments_and_without_secrets(tmp_path: Path) -> None:
    def execute(argv: list[str], text: str | None = None, timeout: float = 0) -> Result:
        return Result(0, PRINTED if "show running-config no-header" in argv else "", "")

    folder = tmp_path / "etc/network"
    folder.mkdir(parents=True)
    (folder / "interfaces").write_text("# model: vlan vid=10 name=collect\nauto lo\niface lo\n")
    answer = running(Device(lambda device, transaction: None, str(tmp_path), execute))
    assert "name=collect" in answer["raw"]["interfaces"] and "name=collect" not in answer["sections"]["interfaces"]
    assert f"neighbor swp1 password {mask('secret', answer['mask_key'])}\n" in answer["sections"]["frr"]
    assert "secret" not in str(answer)


@pytest.mark.parametrize(
    ("section", "have", "wanted", "written"),
    [
        ("interfaces", "auto lo\n", "auto lo\n\n", False),
        ("interfaces", "# model: device drained=yes\nauto lo\n", "auto lo\n", True),
        ("interfaces", "auto lo\n", "# model: neighbor name=swp1 device=spine1\nauto lo\n", True),
        ("nftables", "# leaf1\ntable ip x {\n}\n", "# leaf2\ntable ip x {\n}\n", False),
        ("nftables", "table ip x {\n}\n", "table ip y {\n}\n", True),
    ],
)
def test_notes_are_written_with_what_they_are_about(
    tmp_path: Path, section: str, have: str, wanted: str, written: bool
) -> None:
    device = Device(lambda device, transaction: None, str(tmp_path), lambda *_: Result(0, "", ""))
    file = Path(device.file_of(section))
    file.parent.mkdir(parents=True)
    file.write_text(have)
    assert to_install(device, section, wanted) is written


def test_an_empty_vrf_block_left_behind_is_no_difference() -> None:
    left = PRINTED.replace("vrf red\n vni 5001\nexit-vrf\n", "vrf red\n vni 5001\nexit-vrf\n!\nvrf blue\nexit-vrf\n")
    assert left != PRINTED and normal_frr(left, "k") == normal_frr(RENDERED, "k")
    assert differences(RENDERED, left) == []
