"""The passive checks: each compares models with one reading of states. Pure; one file a check.

A new check is a new file with a `Check` in it and its line in `CHECKS`.
"""

from rtmctl.observe.checks import (
    addresses,
    bfd,
    bgp,
    duplicates,
    errors,
    evpn,
    interfaces,
    lldp,
    relays,
    routes,
    version,
)
from rtmctl.observe.checks._check import Check

CHECKS: tuple[Check, ...] = (
    lldp.CHECK,
    version.CHECK,
    interfaces.CHECK,
    addresses.CHECK,
    errors.CHECK,
    bgp.CHECK,
    bfd.CHECK,
    evpn.CHECK,
    routes.CHECK,
    relays.CHECK,
    duplicates.CHECK,
)

__all__ = ["CHECKS", "Check"]
