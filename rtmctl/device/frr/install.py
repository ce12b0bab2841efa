"""What a switch needs before rtmctl can speak to it, as files: the agent, its sudo rule, its boot unit."""

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


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """Owned by root."""

    path: str
    text: str
    mode: int


def installed_files() -> tuple[InstalledFile, ...]:
    """In the order to write them; the unit is then enabled with `systemctl enable rtmctl-boot.service`."""
    agent = (Path(__file__).parent / "agent.py").read_text()
    return (
        InstalledFile(AGENT, agent, 0o755),
        InstalledFile("/etc/sudoers.d/rtmctl", SUDOERS, 0o440),
        InstalledFile("/etc/systemd/system/rtmctl-boot.service", BOOT_UNIT, 0o644),
    )
