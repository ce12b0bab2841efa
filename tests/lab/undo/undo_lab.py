"""A fabric of two redundant leaf pairs with a routed host on each, whose leafs go dark whenever a change touches them.

A change of real hardware may reset every port. Here `ifreload` is made to do that for DARK_S, on the way there and on
the way back, so that two leafs of a pair changed or reverted at once could not go unnoticed.
"""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from rtmctl.change import Network, Timing
from rtmctl.fabric import Fabric
from rtmctl.lab import Lab
from rtmctl.lab.enter import inside
from rtmctl.lab.layout import LabFolder, labs_folder
from rtmctl.lab.state import load
from rtmctl.lab.wiring import BRIDGE
from rtmctl.probe import Flow, ProbeResult, ProbeSpec, ProcessRunner, run_probe
from rtmctl.store import Store
from tests.lab.change.change_lab import network as network_of

SITE = """
site: change
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  leaf[3-4]: {role: leaf, rack: r2}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
hosts:
  k1: {rack: r1, attachment: routed, tenant: red, services: [10.9.99.1/32]}
  k2: {rack: r2, attachment: routed, tenant: red, services: [10.9.99.2/32]}
"""
MORE = SITE.replace("hosts:", "  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24]}\nhosts:") + (
    "  a1: {rack: r1, leaf: leaf1, segment: app}\n"
    "  a2: {rack: r1, leaf: leaf2, segment: app}\n"
    "  a3: {rack: r2, leaf: leaf3, segment: app}\n"
    "  a4: {rack: r2, leaf: leaf4, segment: app}\n"
)
"""one segment more, on every leaf"""
LEAFS = ("leaf1", "leaf2", "leaf3", "leaf4")
WINDOWS_S = (8, 20)
"""revert timers: the longer one where this machine is too busy to commit within the first"""


def timing(window_s: float) -> Timing:
    """The time between two reverts is computed, as ever: a session of FRR 10.3 may need another connect time."""
    return Timing(window_s=window_s, lease_ttl_s=6, step_timeout_s=3, health_wait_s=30)


DARK_S = 3
LATE_S = 60
FLOWS = 4
"""each way"""
RATE_PPS = 100.0

_DARKENING = f"""#!/bin/sh
every() {{
    for space in "" $(ls /run/netns 2>/dev/null); do
        for port in $(ip ${{space:+-n $space}} -o link | cut -d: -f2 | grep -o '^ swp[0-9]*'); do
            ip ${{space:+-n $space}} link set "$port" "$1"
        done
    done
}}
every down; sleep {DARK_S}; every up
exec REAL "$@"
"""
_INSTALL = """
real=$(command -v ifreload); own=/usr/local/sbin/ifreload
if [ "$real" = "$own" ]; then
    mkdir -p /usr/local/lib/real
    mv "$own" /usr/local/lib/real/
    real=/usr/local/lib/real/ifreload
fi
sed "s,REAL,$real," > "$own"
chmod +x "$own"
"""
_SNAPSHOT = r"""
cd /etc; sha256sum frr/frr.conf network/interfaces nftables.conf sysctl.d/90-rtmctl.conf 2>&1
find /etc -name '.*rtmctl*'
for space in "" $(ls /run/netns 2>/dev/null); do
    echo "== $space"; here="ip ${space:+-n $space}"
    $here -o link | sed 's/state.*//;s/qdisc.*//;s/<[^>]*>//;s/@[^:]*//' | cut -d: -f2- | sort
    $here -o addr show scope global | sed 's/^[0-9]*: //' | sort; $here rule
done
nft list ruleset
"""


def network(lab: Lab, fabric: Fabric, store: Store) -> Network:
    return network_of(lab, fabric, store)


def darken_at_every_change(lab: Lab) -> None:
    for leaf in LEAFS:
        done = lab.run(leaf, "sh", "-ec", _INSTALL, stdin=_DARKENING)
        assert done.returncode == 0, done.stderr


def snapshot(lab: Lab) -> dict[str, str]:
    """Files byte by byte and the kernel's objects of every leaf."""
    return {leaf: lab.run(leaf, "sh", "-c", _SNAPSHOT).stdout for leaf in LEAFS}


def wait_for_traffic(lab: Lab) -> None:
    """Until the routed hosts meet, by both paths."""
    end = time.monotonic() + LATE_S
    while lab.run("k1", "ping", "-c1", "-W1", "-I", "10.9.99.1", "10.9.99.2").returncode != 0:
        assert time.monotonic() < end, "the hosts never met"
    time.sleep(3)  # the second path of each comes up


@contextmanager
def cut_off(lab: Lab) -> Iterator[Callable[[], None]]:
    """Gives what takes the management network away from this machine; it is back at the end."""

    def link(state: str) -> None:
        found = load(LabFolder(labs_folder() / lab.name).state)
        assert found is not None and found.anchor is not None
        subprocess.run(inside(found.anchor.pid, found.rootless, ("ip", "link", "set", BRIDGE, state)), check=True)

    try:
        yield lambda: link("down")
    finally:
        link("up")


def flows() -> tuple[Flow, ...]:
    """Both ways between the two routed hosts."""
    ends = {"k1": "10.9.99.1", "k2": "10.9.99.2"}
    return tuple(
        Flow(f"{x}-{y}-{n}", x, y, ip_address(ends[x]), ip_address(ends[y]), rate_pps=RATE_PPS)
        for x, y in (("k1", "k2"), ("k2", "k1"))
        for n in range(FLOWS)
    )


@dataclass
class Watch:
    """Traffic while the block runs; its result stands after it."""

    result: ProbeResult | None = None


@contextmanager
def traffic(lab: Lab) -> Iterator[Watch]:
    watch, begun, over = Watch(), threading.Event(), threading.Event()

    async def measure() -> ProbeResult:
        stop = asyncio.Event()
        waiting = asyncio.create_task(asyncio.to_thread(over.wait))
        waiting.add_done_callback(lambda _: stop.set())
        hosts = ProcessRunner(frozenset({"k1", "k2"}), lab.command)
        spec = ProbeSpec(flows(), duration_s=240, max_stall_ms=500)
        return await run_probe(spec, hosts, stop=stop, started=begun.set)

    def run() -> None:
        watch.result = asyncio.run(measure())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert begun.wait(30), "the probe did not start"
        yield watch
    finally:
        over.set()
        thread.join(60)


def all_lost_ms(result: ProbeResult, source: str) -> float:
    """The longest time in which every flow from `source` was lost at once."""
    mine = [f for f in result.flows if f.flow.source == source]
    common = [(w.start_ms, w.start_ms + w.length_ms) for w in mine[0].windows]
    for flow in mine[1:]:
        spans = [(w.start_ms, w.start_ms + w.length_ms) for w in flow.windows]
        common = [(max(a, c), min(b, d)) for a, b in common for c, d in spans if max(a, c) < min(b, d)]
    return max((b - a for a, b in common), default=0.0)
