"""The audit log's hash chain: whoever alters or removes a link in the middle breaks every later one.

A cut tail is only seen against a head kept elsewhere (`head` of `broken_at`): on the devices, in git or in syslog.
"""

import hashlib
import json
from collections.abc import Iterable

from rtmctl.store.types import AuditRow

GENESIS = "0" * 64


def link_hash(*, number: int, at: float, by: str, action: str, detail: str, previous: str) -> str:
    """SHA-256 over the canonical JSON of the link, hexadecimal."""
    body = json.dumps([number, repr(at), by, action, detail, previous], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def next_link(last: AuditRow | None, *, at: float, by: str, action: str, detail: str) -> AuditRow:
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    digest = link_hash(number=number, at=at, by=by, action=action, detail=detail, previous=previous)
    return AuditRow(number, at, by, action, detail, previous, digest)


def broken_at(rows: Iterable[AuditRow], head: str | None = None) -> int | None:
    """The number of the first link that does not hold, or None when the chain is whole.

    With `head` (a hash anchored outside) a chain that does not contain it is broken after its last link.
    """
    previous, number, seen = GENESIS, 0, head is None
    for row in rows:
        number += 1
        digest = link_hash(
            number=row.number, at=row.at, by=row.by, action=row.action, detail=row.detail, previous=row.previous
        )
        if (row.number, row.previous, row.hash) != (number, previous, digest):
            return number
        previous = row.hash
        seen = seen or row.hash == head
    return None if seen else number + 1
