"""What a switch needs before rtmctl can speak to it, as files: the agent, its sudo rule, its boot unit."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from rtmctl.device.answers import AGENT

SUDOERS = f"rtmctl ALL=(root) NOPASSWD: {AGENT}\n"
BOOT_UNIT = f"""\
[Unit]
Description=Put an unconfirmed network change back before networking starts
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target networking.service systemd-sysctl.service nftables.service frr.service
Wants=network-pre.target

[Service]
Type=oneshot
ExecStart={AGENT} boot

[Install]
WantedBy=sysinit.target
"""


_INTERPRETER = b"#!/usr/bin/python3 -IS\n"
_AGENT_MODULES = Path(__file__).parent / "agent"


def agent_file() -> bytes:
    """The agent as one executable file in zipapp's format; equal sources give equal bytes (zipapp keeps file times).

    Not compressed: it starts no slower than one long script would.
    """
    packed = io.BytesIO(_INTERPRETER)
    packed.seek(0, io.SEEK_END)
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(_AGENT_MODULES.glob("*.py")):
            name = path.name if path.stem == "__main__" else f"agent/{path.name}"
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return packed.getvalue()


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """Owned by root."""

    path: str
    content: bytes
    mode: int


def installed_files() -> tuple[InstalledFile, ...]:
    """In the order to write them; the unit is then enabled with `systemctl enable rtmctl-boot.service`."""
    return (
        InstalledFile(AGENT, agent_file(), 0o755),
        InstalledFile("/etc/sudoers.d/rtmctl", SUDOERS.encode(), 0o440),
        InstalledFile("/etc/systemd/system/rtmctl-boot.service", BOOT_UNIT.encode(), 0o644),
    )
