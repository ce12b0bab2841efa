"""What a switch needs before rtmctl can speak to it, as files: programs, sudo rules, boot units.

The injector is what lets drills break things: a switch without it refuses them.
"""

from dataclasses import dataclass
from pathlib import Path

from rtmctl.device.answers import AGENT, INJECTOR, RECORDER
from rtmctl.device.frr.agent.relay import PROGRAM, SECTION, UNIT
from rtmctl.device.frr.agent.sections import FILES
from rtmctl.device.injecting.program import injector_file
from rtmctl.device.packing import ONBOARD, packed

SUDOERS = f"rtmctl ALL=(root) NOPASSWD: {AGENT}, {RECORDER}\n"
DRILL_SUDOERS = f"rtmctl ALL=(root) NOPASSWD: {INJECTOR}\n"
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


RELAY_UNIT = f"""\
[Unit]
Description=DHCP relay of the segments on this switch
ConditionFileNotEmpty=/{FILES[SECTION]}
After=rtmctl-boot.service networking.service frr.service

[Service]
ExecStart={PROGRAM} run
Restart=on-failure
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW
NoNewPrivileges=yes
ProtectSystem=strict
RuntimeDirectory=rtmctl
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ProtectHome=yes
PrivateTmp=yes
MemoryMax=64M

[Install]
WantedBy=multi-user.target
"""

DRILL_UNIT = f"""\
[Unit]
Description=Take back what a drill left when the switch went down
ConditionPathExists=/var/lib/rtmctl/drill
After=network.target networking.service nftables.service frr.service

[Service]
Type=oneshot
ExecStart={INJECTOR} boot

[Install]
WantedBy=multi-user.target
"""

VRF_TABLES = "# ifupdown2 writes its VRF tables beside this, and Debian 13 does not make the folder\n"

_HERE = Path(__file__).parent


def agent_file() -> bytes:
    """The agent as one executable file."""
    return packed(_HERE / "agent", "server", ONBOARD)


def relay_file() -> bytes:
    """The DHCP relay as one executable file."""
    return packed(_HERE / "relay", "control")


def recorder_file() -> bytes:
    """The recorder of drills as one executable file."""
    return packed(_HERE.parent / "recorder", "program")


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """Owned by root."""

    path: str
    content: bytes
    mode: int


def installed_files() -> tuple[InstalledFile, ...]:
    """In the order to write them; the units are then enabled with `systemctl enable`."""
    return (*_change_files(), *drill_files())


def drill_files() -> tuple[InstalledFile, ...]:
    """What lets drills break things on the switch."""
    return (
        InstalledFile(INJECTOR, injector_file(), 0o755),
        InstalledFile("/etc/sudoers.d/rtmctl-drill", DRILL_SUDOERS.encode(), 0o440),
        InstalledFile("/etc/systemd/system/rtmctl-drill-boot.service", DRILL_UNIT.encode(), 0o644),
    )


def _change_files() -> tuple[InstalledFile, ...]:
    return (
        InstalledFile(AGENT, agent_file(), 0o755),
        InstalledFile(RECORDER, recorder_file(), 0o755),
        InstalledFile("/etc/sudoers.d/rtmctl", SUDOERS.encode(), 0o440),
        InstalledFile("/etc/iproute2/rt_tables.d/rtmctl.conf", VRF_TABLES.encode(), 0o644),
        InstalledFile("/etc/systemd/system/rtmctl-boot.service", BOOT_UNIT.encode(), 0o644),
        InstalledFile(PROGRAM, relay_file(), 0o755),
        InstalledFile(f"/etc/systemd/system/{UNIT}", RELAY_UNIT.encode(), 0o644),
    )
