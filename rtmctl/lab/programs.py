"""Reads the programs that nodes are given from this tree."""

from pathlib import Path

from rtmctl.device.frr.install import DRILL_SUDOERS, SUDOERS, agent_file, recorder_file, relay_file
from rtmctl.device.injecting.program import injector_file
from rtmctl.device.packing import packed
from rtmctl.lab.factory import Programs

_INSIDE = Path(__file__).parent / "inside"
_IFUPDOWN = ("ifreload", "ifquery")
_SCRIPTS = ("nft", "sysctl")


def load() -> Programs:
    """The texts of this tree's node programs."""
    return Programs(
        switch_init=(_INSIDE / "switch-init.sh").read_text(),
        host_init=(_INSIDE / "host-init.sh").read_text(),
        router_init=(_INSIDE / "router-init.sh").read_text(),
        daemons=(_INSIDE / "daemons.sh").read_text(),
        agent=_text(agent_file()),
        relay=_text(relay_file()),
        recorder=_text(recorder_file()),
        sudoers=SUDOERS,
        injector=_text(injector_file()),
        drill_sudoers=DRILL_SUDOERS,
        shims={**dict.fromkeys(_IFUPDOWN, _text(packed(_INSIDE / "ifreload", "program"))), **_scripts()},
    )


def _scripts() -> dict[str, str]:
    return {name: (_INSIDE / f"{name}.sh").read_text() for name in _SCRIPTS}


def _text(program: bytes) -> str:
    """As the lab carries files: any bytes."""
    return program.decode("utf-8", "surrogateescape")
