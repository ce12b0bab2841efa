"""What FRR's versions and the order of commands decide is evened out; what behaviour depends on is not."""

import pytest
from models import border

from rtmctl.render import render
from rtmctl.render.frr import normalise, same

TEXT = render(border()).get("frr")


def test_the_rendered_text_is_canonical() -> None:
    assert normalise(TEXT) == TEXT


def test_preamble_and_version_do_not_matter() -> None:
    running = f"Building configuration...\n\nCurrent configuration:\n!\nfrr version 10.3\n{TEXT}"
    assert same(running, TEXT)


def test_the_order_of_sections_does_not_matter() -> None:
    maps = TEXT[TEXT.index("\nroute-map ") + 1 : TEXT.index("\nbfd\n") + 1]
    moved = TEXT.replace(maps, "").replace("router bgp 65000\n", f"{maps}router bgp 65000\n")
    assert moved != TEXT
    assert same(moved, TEXT)


def test_the_order_of_neighbors_does_not_matter() -> None:
    lines = [line for line in TEXT.splitlines(keepends=True) if line.startswith(" neighbor swp50 ")]
    moved = TEXT.replace("".join(lines), "").replace(
        " neighbor swp49 interface", f"{''.join(lines)} neighbor swp49 interface"
    )
    assert moved != TEXT
    assert same(moved, TEXT)


def test_vrf_made_by_frr_does_not_matter() -> None:
    assert same(TEXT.replace("end\n", "router bgp 65000 vrf other\nexit\n!\nend\n"), TEXT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("permit any", "deny any"),
        ("route-map OUT permit 20", "route-map OUT permit 30"),
        ("maximum-prefix 100", "maximum-prefix 1000"),
        (" neighbor swp49 remote-as 4200000100\n", ""),
        (" vni 50001\n", " vni 50003\n"),
    ],
)
def test_what_behaves_differently_is_different(before: str, after: str) -> None:
    assert before in TEXT
    assert not same(TEXT.replace(before, after, 1), TEXT)
