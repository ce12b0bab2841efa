"""What a switch is born with: a name, a management address, an account. Everything else arrives by `net apply`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rtmctl.device.answers import INJECTOR
from rtmctl.lab.blueprint import NodeFile
from rtmctl.lab.features import Features
from rtmctl.lab.recipes import AGENT, RECORDER, RELAY, USER, Recipe

LAB = "/usr/local/lib/rtmctl/lab"
VRF_TABLES = "/etc/iproute2/rt_tables.d/rtmctl.conf"
INIT = ("/bin/sh", f"{LAB}/init")


@dataclass(frozen=True, slots=True)
class Programs:
    """Texts that the lab copies into nodes at each power-on, so that their version is always this tree's."""

    switch_init: str
    host_init: str
    router_init: str
    daemons: str
    agent: str | None
    """None while no agent is installed: a node then answers SSH but no change"""
    relay: str
    """the DHCP relay that the agent starts"""
    recorder: str
    """what listens on a switch during a drill"""
    sudoers: str
    """which programs the account may run as root"""
    injector: str
    """what makes faults on a switch"""
    drill_sudoers: str
    shims: Mapping[str, str]
    """program name to text, for kernels without `vrf`: they shadow the real ones in /usr/local/sbin"""


@dataclass(frozen=True, slots=True)
class HostKey:
    """An SSH host key pair in OpenSSH's text forms."""

    private: str
    public: str


def interfaces(management: str) -> str:
    """The factory /etc/network/interfaces."""
    return f"auto lo\niface lo inet loopback\n\nauto eth0\niface eth0\n    address {management}\n"


def frr_conf(name: str) -> str:
    """The factory frr.conf: a name and nothing else."""
    return f"frr defaults datacenter\nhostname {name}\nservice integrated-vtysh-config\n"


def lldpd_conf(name: str) -> str:
    """Ports are announced by their interface names, which is what cabling is checked by."""
    return f"configure system hostname {name}\nconfigure lldp portidsubtype ifname\n"


def daemons_file(recipe: Recipe, features: Features) -> str:
    """/etc/frr/daemons: what runs and how. `lab_daemons` is the start order, read by the lab's own starter."""
    extra = dict(recipe.netns_vrf_options) if not features.vrf else {}
    lines = [f"{daemon}=yes" for daemon in recipe.daemons]
    for daemon in recipe.daemons:
        # FRR reads netlink into a buffer whose default is too small for a burst of links (frr-users, zebra -s).
        options = ["-A 127.0.0.1", *(["-s 90000000"] if daemon == "zebra" else []), extra.get(daemon, "")]
        lines.append(f'{daemon}_options="{" ".join(o for o in options if o)}"')
    lines += ["vtysh_enable=yes", 'frr_profile="datacenter"', f'lab_daemons="{" ".join(recipe.daemons)}"']
    return "\n".join(lines) + "\n"


def frr_files(name: str, conf: str, recipe: Recipe, features: Features) -> tuple[NodeFile, ...]:
    """FRR's files, owned as Debian's package has them."""
    return (
        NodeFile("/etc/frr/frr.conf", conf, 0o640, "frr"),
        NodeFile("/etc/frr/vtysh.conf", "service integrated-vtysh-config\n", 0o640, "frr"),
        NodeFile("/etc/frr/daemons", daemons_file(recipe, features), 0o640, "frr"),
        NodeFile("/etc/hostname", f"{name}\n"),
        NodeFile("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {name}\n"),
    )


@dataclass(frozen=True, slots=True)
class Kit:
    """What every node of a lab is made with."""

    features: Features
    programs: Programs
    authorized_key: str
    host_key: Callable[[str], HostKey]
    """a node's SSH host key by its name"""


def ssh_files(name: str, kit: Kit) -> tuple[NodeFile, ...]:
    """What a node's sshd needs to know itself and the operator."""
    host_key = kit.host_key(name)
    return (
        NodeFile("/etc/ssh/ssh_host_ed25519_key", host_key.private, 0o600),
        NodeFile("/etc/ssh/ssh_host_ed25519_key.pub", host_key.public),
        NodeFile(f"/home/{USER}/.ssh/authorized_keys", f"{kit.authorized_key}\n", 0o600, USER),
    )


def switch_files(name: str, management: str, recipe: Recipe, kit: Kit) -> tuple[NodeFile, ...]:
    """All files of a factory switch."""
    text = interfaces(management)
    programs = kit.programs
    batch = f"link set lo up\naddr add {management} dev eth0\nlink set eth0 up\n"
    files = [
        *frr_files(name, frr_conf(name), recipe, kit.features),
        *ssh_files(name, kit),
        NodeFile("/etc/network/interfaces", text),
        NodeFile(VRF_TABLES, "# ifupdown2 writes its VRF tables beside this, and Debian 13 does not make the folder\n"),
        NodeFile("/etc/lldpd.d/factory.conf", lldpd_conf(name)),
        NodeFile(f"{LAB}/factory.interfaces", text),
        NodeFile(f"{LAB}/factory.batch", batch),
        NodeFile(f"{LAB}/init", programs.switch_init, 0o755, always=True),
        NodeFile(f"{LAB}/daemons", programs.daemons, 0o755, always=True),
    ]
    if programs.agent is not None:
        files.append(NodeFile(AGENT, programs.agent, 0o755, always=True))
        files.append(NodeFile(RELAY, programs.relay, 0o755, always=True))
        files.append(NodeFile(RECORDER, programs.recorder, 0o755, always=True))
        files.append(NodeFile(f"/etc/sudoers.d/{USER}", programs.sudoers, 0o440, always=True))
        files.append(NodeFile(INJECTOR, programs.injector, 0o755, always=True))
        files.append(NodeFile(f"/etc/sudoers.d/{USER}-drill", programs.drill_sudoers, 0o440, always=True))
    if not kit.features.vrf:
        files += [
            NodeFile(f"/usr/local/sbin/{shim}", body, 0o755, always=True) for shim, body in programs.shims.items()
        ]
    return tuple(files)
