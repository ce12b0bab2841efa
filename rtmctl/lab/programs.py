"""Reads the programs that nodes are given from this tree."""

from pathlib import Path

from rtmctl.device.frr.install import agent_file
from rtmctl.lab.factory import Programs

_INSIDE = Path(__file__).parent / "inside"
_SHIMS = {"ifreload": "ifreload.py", "ifquery": "ifreload.py", "nft": "nft.sh", "sysctl": "sysctl.sh"}


def load() -> Programs:
    """The texts of this tree's node programs."""
    return Programs(
        switch_init=(_INSIDE / "switch-init.sh").read_text(),
        host_init=(_INSIDE / "host-init.sh").read_text(),
        router_init=(_INSIDE / "router-init.sh").read_text(),
        daemons=(_INSIDE / "daemons.sh").read_text(),
        agent=agent_file().decode("utf-8", "surrogateescape"),
        shims={name: (_INSIDE / file).read_text() for name, file in _SHIMS.items() if (_INSIDE / file).exists()},
    )
