"""Sites as values, without files."""

from pathlib import Path
from typing import Any

from rtmctl.fabric import Fabric, Lock, allocate, derive
from rtmctl.intent.schema.site import SiteModel
from rtmctl.intent.site import Site


def site(**sections: Any) -> Site:
    """A site of these sections; positions are empty."""
    return Site(Path(), SiteModel.model_validate({"site": "t", "switches": switches(2, 2), **sections}), {})


def switches(spines: int, leafs: int) -> dict[str, dict[str, Any]]:
    """leaf1 and leaf2 in rack r1, leaf3 and leaf4 in r2 …"""
    return {f"spine{n}": {"role": "spine"} for n in range(1, spines + 1)} | {
        f"leaf{n}": {"role": "leaf", "rack": f"r{(n + 1) // 2}"} for n in range(1, leafs + 1)
    }


def fabric(**sections: Any) -> Fabric:
    """The site's fabric, on a fresh lock."""
    made = site(**sections)
    return derive(made, allocate(made, Lock.empty()))
