"""Cables between nodes, as one batch for ip(8) run inside the lab's own namespace."""

from collections.abc import Collection, Iterable, Mapping

from rtmctl.lab.blueprint import End, Wire, management_port

BRIDGE = "mgmt"


def missing(wires: Iterable[Wire], ports: Mapping[str, Collection[str]]) -> tuple[Wire, ...]:
    """Wires whose ends are not there yet. Both ends of a veth come and go together."""
    return tuple(wire for wire in wires if wire.a.port not in ports.get(wire.a.node, ()))


def batch(
    wires: Iterable[Wire],
    managed: Mapping[str, str],
    pids: Mapping[str, int],
) -> str:
    """Commands that plug `wires` and the management cables of the nodes in `managed`, a node to its port.

    `pids`: each node's init in the lab's PID namespace.
    """
    lines: list[str] = []
    for wire in wires:
        a, b = (f"{end.port} index {end.index} address {end.mac} mtu {wire.mtu}" for end in (wire.a, wire.b))
        lines.append(f"link add {a} netns {pids[wire.a.node]} type veth peer name {b} netns {pids[wire.b.node]}")
    for node, nic in managed.items():
        port, mac = management_port(node), End(node, nic).mac
        lines.append(f"link add {port} type veth peer name {nic} address {mac} netns {pids[node]}")
        lines.append(f"link set {port} master {BRIDGE} up")
    return "".join(f"{line}\n" for line in lines)


def bridge_batch(gateway: str) -> str:
    """The management network itself."""
    return (
        "link set lo up\n"
        f"link add {BRIDGE} type bridge forward_delay 0\n"
        f"link set {BRIDGE} up\n"
        f"addr add {gateway} dev {BRIDGE}\n"
    )
