"""The images a lab can be built from, as data. A change here makes a new image: its hash names the folder."""

import hashlib
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError

USER = "rtmctl"
AGENT = "/usr/local/lib/rtmctl/agent"
RELAY = "/usr/local/lib/rtmctl/dhcp-relay"
RECORDER = "/usr/local/lib/rtmctl/recorder"

_SSHD = """\
Port 22
HostKey /etc/ssh/ssh_host_ed25519_key
AllowUsers rtmctl
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
X11Forwarding no
PrintMotd no
MaxStartups 100
Subsystem sftp internal-sftp
"""

_SETUP = f"""\
set -eu
chroot "$1" useradd --create-home --shell /bin/bash {USER}
chroot "$1" usermod --password '*' {USER}
printf '%s' '{_SSHD}' > "$1/etc/ssh/sshd_config"
printf '%s ALL=(root) NOPASSWD: %s\\n' {USER} {AGENT} > "$1/etc/sudoers.d/{USER}"
chmod 0440 "$1/etc/sudoers.d/{USER}"
rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/sysctl.d/* "$1"/etc/frr/frr.conf
: > "$1/etc/resolv.conf"
: > "$1/etc/nftables.conf"
mkdir -p "$1/usr/local/lib/rtmctl/lab" "$1/home/{USER}/.ssh"
chroot "$1" chown -R {USER}: /home/{USER}/.ssh
chmod 700 "$1/home/{USER}/.ssh"
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What mmdebstrap is told. `netns_vrf_options`: what makes FRR back its VRFs by network namespaces there."""

    name: str
    suite: str
    packages: tuple[str, ...]
    setup: str
    """shell text run with the new root as $1 after all packages are in"""
    daemons: tuple[str, ...]
    """FRR daemons in the order they must start"""
    netns_vrf_options: tuple[tuple[str, str], ...]
    """(daemon, option)"""
    names_netns: bool
    """FRR prints `netns PATH` in each vrf block, so frr.conf must have it too; later versions refuse the line"""

    @property
    def folder(self) -> str:
        """Folder name with a hash of everything that decides the content."""
        text = "\0".join((self.suite, *self.packages, self.setup, *EXCLUDED))
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
"""Not unpacked: they are a fifth of a minimal image."""

_SWITCH_PACKAGES = (
    # light hosts run over the same image: a DHCP server and a client are theirs
    "dnsmasq-base",
    "dhcpcd-base",
    "ethtool",
    "frr",
    "frr-pythontools",
    "ifupdown2",
    "iproute2",
    "iputils-ping",
    "lldpd",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "sudo",
    "tcpdump",
    "traceroute",
)

SWITCH_FRR8 = Recipe(
    name="switch-frr8",
    suite="bookworm",
    packages=_SWITCH_PACKAGES,
    setup=_SETUP,
    daemons=("zebra", "bgpd", "bfdd", "staticd"),
    netns_vrf_options=(("zebra", "-n"),),
    names_netns=True,
)

_FRR10 = ("zebra", "mgmtd", "bgpd", "bfdd", "staticd")
SWITCH_FRR10 = Recipe(
    name="switch-frr10",
    suite="trixie",
    packages=_SWITCH_PACKAGES,
    setup=_SETUP,
    daemons=_FRR10,
    # From FRR 10 the VRF backend is an option of every daemon; given to zebra alone, staticd dies on the first commit.
    netns_vrf_options=tuple((daemon, "-w") for daemon in _FRR10),
    names_netns=False,
)

_NETWORK_UNIT = """\
[Unit]
Description=Addresses and routes of a server of the lab
Before=network.target network-online.target ssh.service frr.service
Wants=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/ip -batch /etc/rtmctl/host.batch

[Install]
WantedBy=multi-user.target
"""

_FRR_DROP_IN = """\
[Unit]
# A server speaks BGP only where it is attached so.
ConditionFileNotEmpty=/etc/frr/frr.conf
"""

_SERVER_SETUP = f"""\
{_SETUP}
rm -rf "$1/usr/local/lib/rtmctl"
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\\n' {USER} > "$1/etc/sudoers.d/{USER}"
printf '%s' '{_NETWORK_UNIT}' > "$1/etc/systemd/system/rtmctl-network.service"
mkdir -p "$1/etc/systemd/system/frr.service.d" "$1/etc/systemd/journald.conf.d"
printf '%s' '{_FRR_DROP_IN}' > "$1/etc/systemd/system/frr.service.d/lab.conf"
printf '[Journal]\\nRuntimeMaxUse=8M\\n' > "$1/etc/systemd/journald.conf.d/lab.conf"
chroot "$1" systemctl enable rtmctl-network.service ssh.service frr.service
chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer
chroot "$1" systemctl set-default multi-user.target
: > "$1/etc/machine-id"
"""

SERVER = Recipe(
    name="server",
    suite="bookworm",
    packages=(
        "dbus",
        "frr",
        "iproute2",
        "iputils-ping",
        "nftables",
        "openssh-server",
        "procps",
        "python3",
        "sudo",
        "systemd",
        "systemd-sysv",
    ),
    setup=_SERVER_SETUP,
    daemons=SWITCH_FRR8.daemons,
    netns_vrf_options=SWITCH_FRR8.netns_vrf_options,
    names_netns=True,
)

SWITCHES = (SWITCH_FRR8, SWITCH_FRR10)
RECIPES = (*SWITCHES, SERVER)
DEFAULT_SWITCH = SWITCH_FRR10.name


def recipe(name: str, among: tuple[Recipe, ...] = RECIPES) -> Recipe:
    """The recipe of that name, `switch-` may be left out.

    Raises:
        PermanentError: there is none; the known ones are named. Exit code 2.
    """
    for known in among:
        if name in (known.name, _short(known)):
            return known
    raise PermanentError(
        f"no lab image {name!r}", hint=f"known: {', '.join(_short(r) for r in among)}", exit=Exit.USAGE
    )


def _short(recipe: Recipe) -> str:
    return recipe.name.removeprefix("switch-")
