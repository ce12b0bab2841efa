"""The derived network: which devices, cables, addresses and numbers follow from the intent. Pure and deterministic.

`derive(site, lock)` needs every allocation to stand in the lock; `allocate(site, lock)` makes the missing ones.
Only `read_lock` and `write_lock` touch a file.
"""

from rtmctl.fabric.allocate import allocate, prune, stale
from rtmctl.fabric.derive import derive
from rtmctl.fabric.lock import Kind, Lock, dump_lock
from rtmctl.fabric.lockfile import lock_text, parse_lock, parse_merged, read_lock, write_lock
from rtmctl.fabric.resolve import resolve
from rtmctl.fabric.types import Fabric

__all__ = [
    "Fabric",
    "Kind",
    "Lock",
    "allocate",
    "derive",
    "dump_lock",
    "lock_text",
    "parse_lock",
    "parse_merged",
    "prune",
    "read_lock",
    "resolve",
    "stale",
    "write_lock",
]
