"""Where a lab keeps what: images in the cache, a lab's state below the state folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtmctl.base import folders


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`RTMCTL_CACHE`, else the user's cache folder. Everything in it can be made again."""
    own = environment.get("RTMCTL_CACHE")
    return Path(own) if own else folders.cache_folder(environment)


def labs_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """`RTMCTL_LAB_STATE`, else `labs` below the user's state folder."""
    own = environment.get("RTMCTL_LAB_STATE")
    return Path(own) if own else folders.state_folder(environment) / "labs"


@dataclass(frozen=True, slots=True)
class LabFolder:
    """The files of one lab. `live` is a mount point: what nodes write lives in memory and dies with the lab."""

    path: Path

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        return self.path.parent / f".{self.path.name}.lock"

    @property
    def socket(self) -> Path:
        return self.path / "anchor.sock"

    @property
    def live(self) -> Path:
        return self.path / "live"

    @property
    def log(self) -> Path:
        return self.path / "anchor.log"

    @property
    def power(self) -> Path:
        """The power supply's programs and records: what holds a node that is off, see lab.power."""
        return self.path / "power"

    @property
    def key(self) -> Path:
        return self.path / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.path / "known_hosts"
