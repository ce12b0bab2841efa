"""Models of the example sites."""

from functools import cache
from pathlib import Path

from rtmctl.fabric import allocate, derive, read_lock
from rtmctl.intent import load_site
from rtmctl.model import build_models
from rtmctl.model.types import DeviceModel

INVENTORIES = Path(__file__).parents[3] / "inventories"
NAMES = sorted(path.name for path in INVENTORIES.iterdir() if path.is_dir())


@cache
def models(name: str) -> dict[str, DeviceModel]:
    site = load_site(INVENTORIES / name)
    return build_models(derive(site, allocate(site, read_lock(INVENTORIES / name))))
