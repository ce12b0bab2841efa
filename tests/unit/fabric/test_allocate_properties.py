"""What must hold for any sites: nothing is renumbered, order decides nothing, merges keep the older side."""

import random
from typing import Any

from fabric_sites import site
from hypothesis import given, settings
from hypothesis import strategies as st

from rtmctl.base import SiteInvalid
from rtmctl.fabric import Kind, Lock, allocate, derive, dump_lock, parse_lock, resolve
from rtmctl.intent.site import Site

LEAFS = [f"leaf{n}" for n in range(1, 7)]
HOSTS = [f"h{n}" for n in range(1, 9)]
SEGMENTS = ["web", "db", "log"]
# small pools, so that hashed slots collide all the time
POOLS = {
    "loopback": "10.255.0.0/28",
    "vtep": "10.255.1.0/29",
    "vrf_loopback": "10.255.2.0/27",
    "p2p": "10.254.0.0/26",
    "management": "172.31.0.0/28",
    "asn": "4200000000-4200000020",
    "l2vni": "100-103",
    "l3vni": "200-202",
    "l3vlan": "3000-3002",
    "rd": "2-9",
}

names = st.tuples(
    st.sets(st.sampled_from(LEAFS), min_size=1), st.sets(st.sampled_from(HOSTS)), st.sets(st.sampled_from(SEGMENTS))
)


def build(leafs: set[str], hosts: set[str], segments: set[str], shuffle: random.Random | None = None) -> Site:
    """Two spines, a numbered underlay, the leafs, hosts and segments named; in a shuffled order of the file."""
    boxes = {"spine1": {"role": "spine"}, "spine2": {"role": "spine"}}
    boxes |= {name: {"role": "leaf", "rack": f"r{int(name[4:]) % 2}"} for name in leafs}
    racks = {box["rack"] for box in boxes.values() if "rack" in box}
    found: dict[str, dict[str, Any]] = {}
    for name in hosts:
        rack = f"r{int(name[1:]) % 2}"
        segment = SEGMENTS[int(name[1:]) % len(SEGMENTS)]
        if rack in racks and segment in segments:
            found[name] = {"rack": rack, "segment": segment}
    sections = {
        "switches": boxes,
        "hosts": found,
        "segments": {
            name: {"tenant": "prod", "vlan": 10 + n, "subnets": [f"10.0.{n}.0/27"]}
            for n, name in enumerate(SEGMENTS)
            if name in segments
        },
    }
    if shuffle is not None:
        for name, section in sections.items():
            keys = list(section)
            shuffle.shuffle(keys)
            sections[name] = {key: section[key] for key in keys}
    return site(**sections, tenants={"prod": {}}, pools=POOLS, fabric={"underlay": "numbered"})


@settings(max_examples=60)
@given(st.lists(names, min_size=2, max_size=6))
def test_no_sequence_of_adds_and_removes_renumbers_a_survivor(
    steps: list[tuple[set[str], set[str], set[str]]],
) -> None:
    lock = Lock.empty()
    for step in steps:
        try:
            after = allocate(build(*step), lock)
        except SiteInvalid:  # a pool this small may fill up; nothing is written then
            continue
        for kind, identity, value in lock.items():
            if kind is Kind.LEAF and value not in step[0]:
                continue  # the host's leaf is gone: it must hang on another
            assert after.get(kind, identity) == value, f"{kind} {identity} was renumbered"
        _distinct(after)
        assert derive(build(*step), after) == derive(build(*step), parse_lock(dump_lock(after)))
        lock = after


def _distinct(lock: Lock) -> None:
    """No value twice within its kind, and for ports and addresses within the switch or segment."""
    seen: set[tuple[str, str, str]] = set()
    for kind, identity, value in lock.items():
        if kind is Kind.LEAF:
            continue
        scope = identity.split(" ")[0] if kind in (Kind.PORT, Kind.ADDRESS) else ""
        assert (kind, scope, value) not in seen, f"{kind} {value} twice"
        seen.add((kind, scope, value))


@settings(max_examples=30)
@given(names, st.randoms(use_true_random=False))
def test_the_order_of_the_site_file_decides_nothing(
    what: tuple[set[str], set[str], set[str]], shuffle: random.Random
) -> None:
    try:
        plain = allocate(build(*what), Lock.empty())
    except SiteInvalid:
        return
    assert dump_lock(allocate(build(*what, shuffle), Lock.empty())) == dump_lock(plain)


@settings(max_examples=40)
@given(names, names, names)
def test_two_branches_merge_and_the_older_side_keeps_its_numbers(
    base: tuple[set[str], set[str], set[str]],
    ours: tuple[set[str], set[str], set[str]],
    theirs: tuple[set[str], set[str], set[str]],
) -> None:
    def union(a: Any, b: Any) -> tuple[set[str], set[str], set[str]]:
        return a[0] | b[0], a[1] | b[1], a[2] | b[2]

    try:
        common = allocate(build(*base), Lock.empty())
        left = allocate(build(*union(base, ours)), common)
        right = allocate(build(*union(base, theirs)), common)
    except SiteInvalid:
        return
    merged = Lock({kind: {**right.of(kind), **left.of(kind)} for kind in Kind})
    resolved = resolve(merged, left)
    for kind, identity, value in left.items():
        assert resolved.get(kind, identity) == value, "what the base side holds survives"
    try:
        done = allocate(build(*union(union(base, ours), theirs)), resolved)
    except SiteInvalid:
        return
    _distinct(done)
    for kind, identity, value in resolved.items():
        assert done.get(kind, identity) == value


@settings(max_examples=40)
@given(names)
def test_dump_and_parse_are_inverse(what: tuple[set[str], set[str], set[str]]) -> None:
    try:
        lock = allocate(build(*what), Lock.empty())
    except SiteInvalid:
        return
    text = dump_lock(lock)
    assert parse_lock(text) == lock
    assert dump_lock(parse_lock(text)) == text
