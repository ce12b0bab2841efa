"""Cross-checks that need nothing but the intent. One file a check; CHECKS is the list."""

from collections.abc import Callable, Iterator

from rtmctl.base import Finding
from rtmctl.intent.checks import (
    addresses,
    asns,
    attachments,
    externals,
    flows,
    freeze,
    management,
    mtu,
    names,
    overlaps,
    pools,
    ports,
    references,
    relays,
    stretch,
    timers,
    topology,
    vlans,
    vnis,
)
from rtmctl.intent.draft import Draft

Check = Callable[[Draft], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    names.check,
    references.check,
    topology.check,
    ports.check,
    attachments.check,
    stretch.check,
    relays.check,
    pools.check,
    overlaps.check,
    addresses.check,
    vlans.check,
    vnis.check,
    asns.check,
    mtu.check,
    externals.check,
    flows.check,
    timers.check,
    management.check,
    freeze.check,
)
