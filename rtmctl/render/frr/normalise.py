"""The canonical text of frr.conf: what FRR 8.4 and 10.3 and rtmctl's templates all come to.

What a version or the order of commands decides, and behaviour does not, is evened out here and nowhere else:

- the preamble of `show running-config`, the `frr version` line, and comments go;
- 10.3 writes prefix lists and route maps above `router bgp`, 8.4 below: the order of sections is SECTIONS;
- 8.4 keeps route maps in the order they were made, and neighbors too once they are in a peer group: all are sorted;
- an empty VRF BGP instance is one that FRR made for itself to leak routes;
- `interface X vrf Y` is said where VRFs are network namespaces, `interface X` where they are devices.
"""

import re
from collections.abc import Sequence

from rtmctl.base.order import natural_key
from rtmctl.render.frr.tree import Node, read_tree, write_tree

SECTIONS = (
    "frr defaults",
    "hostname",
    "log",
    "no ip forwarding",
    "no ipv6 forwarding",
    "no zebra",
    "service",
    "vrf",
    "interface",
    "router",
    "ip prefix-list",
    "ipv6 prefix-list",
    "bgp as-path",
    "bgp community-list",
    "route-map",
    "bfd",
)
INSTANCE = (
    "bgp router-id",
    "bgp ebgp-requires-policy",
    "no bgp default",
    "bgp graceful-restart",
    "bgp bestpath",
    "timers",
    "neighbor",
    "address-family",
)
SESSION = (
    "interface",
    "remote-as",
    "peer-group",
    "local-as",
    "description",
    "bfd",
    "password",
    "ebgp-multihop",
    "update-source",
    "advertisement-interval",
    "timers",
)
FAMILIES = ("address-family ipv4", "address-family ipv6", "address-family l2vpn")
FAMILY = (
    "network",
    "redistribute",
    "neighbor",
    "maximum-paths",
    "import",
    "advertise-all-vni",
    "vni",
    "advertise",
    "rd",
    "route-target",
)
SESSION_FAMILY = (
    "activate",
    "route-reflector-client",
    "remove-private-AS",
    "allowas-in",
    "soft-reconfiguration",
    "maximum-prefix",
    "route-map",
)

_INTERFACE = re.compile(r"^(interface \S+) vrf \S+$")
_DROPPED = re.compile(r"^(Building configuration|Current configuration|frr version )")


def normalise(running: str) -> str:
    """The canonical form of what a device shows or a template prints; a canonical text is its own.

    Raises:
        ValueError: the text is not indented as FRR writes it; the message names the line.
    """
    kept = "\n".join("" if _DROPPED.match(line) else line for line in running.splitlines())
    top = [node for node in read_tree(kept) if not _made_by_frr(node)]
    for node in top:
        node.text = _INTERFACE.sub(r"\1", node.text)
        _sort_below(node)
    return write_tree(sorted(top, key=_top_key))


def same(a: str, b: str) -> bool:
    """Whether two texts configure the same."""
    return normalise(a) == normalise(b)


def _made_by_frr(node: Node) -> bool:
    return not node.children and node.text.startswith("router bgp ")


def _rank(text: str, order: Sequence[str]) -> int:
    for rank, prefix in enumerate(order):
        if text == prefix or text.startswith(prefix + " "):
            return rank
    return len(order)


Key = tuple[object, ...]


def _top_key(node: Node) -> Key:
    """Instances: the default VRF's first. Route maps, lists, interfaces: by name and number."""
    rank = _rank(node.text, SECTIONS)
    words = node.words
    if words[0] == "router":
        return (rank, len(words) > 3, words[-1])
    if words[0] == "route-map":
        return (rank, words[1], int(words[3]))
    if words[1:2] == ["prefix-list"]:
        return (rank, words[2], int(words[4]))
    return (rank, natural_key(node.text))


def _sort_below(node: Node) -> None:
    kind = node.words[0]
    if kind == "router":
        groups = {c.words[1] for c in node.children if c.text.endswith(" peer-group") and c.words[0] == "neighbor"}
        node.children.sort(key=lambda child: _instance_key(child, groups))
        for child in node.children:
            child.children.sort(key=lambda line: _family_key(line, groups))
            for line in child.children:
                line.children.sort(key=lambda leaf: (_rank(leaf.text, ("rd", "route-target import")), leaf.text))
    elif kind == "route-map":
        node.children.sort(key=lambda child: child.text)
    elif kind == "bfd":
        node.children.sort(key=lambda child: child.text)
        for child in node.children:
            child.children.sort(key=lambda leaf: _rank(leaf.text, ("detect-multiplier", "transmit-interval")))
    else:
        node.children.sort(key=lambda child: child.text)


def _instance_key(node: Node, groups: set[str]) -> Key:
    rank = _rank(node.text, INSTANCE)
    words = node.words
    if words[0] == "neighbor":
        return (rank, *_peer_key(words[1], groups), _rank(" ".join(words[2:]), SESSION), _session_detail(words))
    if words[0] == "address-family":
        return (rank, _rank(node.text, FAMILIES), node.text)
    return (rank, node.text)


def _session_detail(words: Sequence[str]) -> Key:
    """`timers 3 9` before `timers connect 5`, `bfd` before `bfd profile fabric`."""
    return (len(words) if words[2] in ("timers", "bfd") else 0, " ".join(words[2:]))


def _family_key(node: Node, groups: set[str]) -> Key:
    rank = _rank(node.text, FAMILY)
    words = node.words
    if words[0] == "neighbor":
        return (rank, *_peer_key(words[1], groups), _rank(" ".join(words[2:]), SESSION_FAMILY), _direction(words))
    if words[0] == "import":
        return (rank, words[2] != "route-map", node.text)
    if words[0] == "maximum-paths":
        return (rank, len(words), node.text)
    if words[0] == "route-target":
        return (rank, words[1] != "import", node.text)
    return (rank, natural_key(node.text))


def _direction(words: Sequence[str]) -> Key:
    return (words[-1] != "in", " ".join(words))


def _peer_key(peer: str, groups: set[str]) -> Key:
    """Groups, then interfaces, then addresses: FRR's peer_cmp()."""
    address = peer[0].isdigit() or ":" in peer
    return (0 if peer in groups else 2 if address else 1, natural_key(peer))
