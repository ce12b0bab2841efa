"""The lock: what every identity of the site was given, and its text form.

One line an allocation, grouped by kind and sorted, so that a change is reviewed as the lines it adds; the last line
shows that the file is whole. Values are text here; `derive` gives them their types.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import yaml

from rtmctl.base import Finding, Position
from rtmctl.base.order import natural_key

RESOLVE = "run `rtmctl net lock resolve --base REF`: what REF holds stays, the newer one moves"

FILE_NAME = "rtmctl.lock.yaml"
VERSION = 1

_HEADER = """\
# What every name of this site was given: addresses, ASNs, VNIs, ports. Reviewed in git, written by `rtmctl net lock`.
# A line stays for ever unless its name is gone and `rtmctl net lock --prune` runs.
# After a merge that collides: rtmctl net lock resolve --base REF
"""


class Kind(StrEnum):
    """A kind of allocation. The first word of a scoped kind's identity is its scope: values are unique within it."""

    ASN = "asn"
    LOOPBACK = "loopback"
    LOOPBACK6 = "loopback6"
    VTEP = "vtep"
    MANAGEMENT = "management"
    P2P = "p2p"
    VRF_LOOPBACK = "vrf-loopback"
    L2VNI = "l2vni"
    L3VNI = "l3vni"
    L3VLAN = "l3vlan"
    RD = "rd"
    LEAF = "leaf"
    """the leaf a single-homed host hangs on; many hosts share one"""
    PORT = "port"
    """scope: the switch"""
    ADDRESS = "address"
    """scope: the segment"""


SCOPED = frozenset({Kind.PORT, Kind.ADDRESS})
SHARED = frozenset({Kind.LEAF})
"""kinds whose values many identities may hold"""


def scope_of(kind: Kind, identity: str) -> str:
    """Within what the identity's value is unique."""
    return identity.partition(" ")[0] if kind in SCOPED else ""


_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Lock:
    """Kind → identity → value. `lines` are those of the file it was read from; they do not count for equality."""

    allocations: Mapping[Kind, Mapping[str, str]]
    lines: Mapping[tuple[Kind, str], int] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def empty(cls) -> "Lock":
        return cls({})

    def of(self, kind: Kind) -> Mapping[str, str]:
        return self.allocations.get(kind, _NOTHING)

    def get(self, kind: Kind, identity: str) -> str | None:
        return self.of(kind).get(identity)

    def __getitem__(self, key: tuple[Kind, str]) -> str:
        """Raises KeyError with kind and identity when there is no allocation."""
        kind, identity = key
        value = self.of(kind).get(identity)
        if value is None:
            raise KeyError(f"{kind} {identity}")
        return value

    def items(self) -> Iterable[tuple[Kind, str, str]]:
        for kind, entries in self.allocations.items():
            for identity, value in entries.items():
                yield kind, identity, value


def may_share(kind: Kind, one: str, other: str) -> bool:
    """Whether two identities of one scope may hold one value: two sessions to one external peer have one cable."""
    return kind in SHARED or (
        kind is Kind.PORT and all(i.partition(" ")[2].startswith("external:") for i in (one, other))
    )


def collisions(lock: Lock, kinds: frozenset[Kind]) -> list[Finding]:
    """Two identities with one value: what a merge of two branches can leave behind."""
    findings: list[Finding] = []
    holders: dict[tuple[Kind, str, str], str] = {}
    for kind, identity, value in lock.items():
        if kind not in kinds:
            continue
        first = holders.setdefault((kind, scope_of(kind, identity), value), identity)
        if first == identity or may_share(kind, first, identity):
            continue
        line, other = (Position(FILE_NAME, lock.lines.get((kind, name), 1), 1) for name in (identity, first))
        message = f"{kind} {value} is given to {identity} and to {first}"
        findings.append(Finding("lock-collision", message, line, RESOLVE, also=(other,)))
    return findings


def dump_lock(lock: Lock) -> str:
    """The canonical text; equal locks give equal bytes."""
    lines = [_HEADER, f"version: {VERSION}\n"]
    for kind in Kind:
        entries = lock.of(kind)
        if entries:
            lines.append(f"{kind}:\n")
            lines += [f"  {_scalar(name)}: {_scalar(entries[name])}\n" for name in sorted(entries, key=natural_key)]
    lines.append("complete: true\n")
    return "".join(lines)


_SAFE = re.compile(
    r"[a-z]+[0-9-]+[a-z0-9 :-]*[a-z0-9]"
    r"|[a-z][a-z0-9-]*(?:[ :][a-z][a-z0-9-]*)+"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?"
    r"|[1-9]\d*"
)
"""names and values as sites have them; asking YAML for each would cost seconds in a large lock"""


def _scalar(text: str) -> str:
    """Plain where YAML reads the same text back, else quoted: a host may be called `on` or `1e3`."""
    if _SAFE.fullmatch(text) or text.isdecimal():
        return text
    plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 .:/_-]*", text) and ": " not in text and not text.endswith((":", " "))
    if plain and yaml.safe_load(text) == text:
        return text
    return f'"{text}"'
