"""What a lab consists of, as plain data: nodes, the files they are born with, and the wires between them."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class NodeKind(StrEnum):
    SWITCH = "switch"
    HOST = "host"
    """a light namespace with addresses and nothing running"""
    ROUTER = "router"
    """a routed host or an external peer: FRR with its final configuration from birth"""
    SYSTEMD = "systemd"
    """a whole systemd machine"""


@dataclass(frozen=True, slots=True)
class NodeFile:
    """A file of the node's own layer. `always`: written at each power-on, not only at the first.

    What is not UTF-8 stands in `text` as surrogates (PEP 383).
    """

    path: str
    text: str
    mode: int = 0o644
    owner: str = "root"
    always: bool = False


@dataclass(frozen=True, slots=True)
class NodeSpec:
    name: str
    kind: NodeKind
    image: str
    """a recipe's name"""
    management: str | None
    """address of its management port with its prefix length; None where SSH does not reach"""
    files: tuple[NodeFile, ...]

    @property
    def digest(self) -> str:
        """Changes when a host's addresses or configuration do; empty for a switch, which is configured by changes."""
        if self.kind is NodeKind.SWITCH:
            return ""
        born = (f"{f.path}\0{f.text}" for f in self.files if f.path.startswith("/etc/") and "/ssh/" not in f.path)
        return hashlib.sha256("\0".join((self.kind, self.image, *born)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class End:
    node: str
    port: str

    @property
    def mac(self) -> str:
        """Locally administered and the same in every run, so that two runs' output can be compared."""
        digest = hashlib.sha256(f"{self.node}/{self.port}".encode()).digest()
        return ":".join(f"{byte:02x}" for byte in (2, *digest[:5]))

    @property
    def index(self) -> int:
        """Of the interface: another than its peer's in the other namespace. Of a veth with equal ones the kernel may
        tell up to a second late that its carrier is lost (net/core/link_watch.c, linkwatch_urgent_event).
        """
        return 1000 + int(self.mac.replace(":", ""), 16) % (1 << 30)


@dataclass(frozen=True, slots=True)
class Wire:
    """A cable. `mtu` is that of the far side's card where one end is a host; switches set their own."""

    a: End
    b: End
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class Blueprint:
    name: str
    gateway: str
    """the lab's own address on the management network, with prefix length"""
    nodes: tuple[NodeSpec, ...]
    wires: tuple[Wire, ...]

    def node(self, name: str) -> NodeSpec:
        """Raises KeyError with the name when there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)


def management_nic(kind: NodeKind) -> str:
    """A node's own end of it. A server's eth0 is its first cable to a leaf."""
    return "mgmt0" if kind is NodeKind.SYSTEMD else "eth0"


def management_port(node: str) -> str:
    """The lab's end of a node's management cable, within the kernel's 15 characters."""
    return f"m{hashlib.sha256(node.encode()).hexdigest()[:12]}"
