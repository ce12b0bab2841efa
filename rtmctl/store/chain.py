"""The audit log's hash chain: each link covers the one before it and is signed by who wrote it.

Whoever alters, removes or moves a link is seen in the chain itself (`proof`); a cut tail and a chain written anew only
against heads that stand elsewhere.
"""

import hashlib
import json

from rtmctl.store.signing import Signer
from rtmctl.store.types import AuditRow

GENESIS = "0" * 64
_CHAIN_ID = 16


def link_hash(row: AuditRow) -> str:
    """SHA-256 over the canonical JSON of everything in the link but hash and signature, hexadecimal."""
    body = [row.number, repr(row.at), row.by, row.action, row.detail, row.previous]
    if row.key is not None:  # links from before there were signatures
        body.append(row.key)
    return hashlib.sha256(json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def next_link(last: AuditRow | None, *, at: float, by: str, action: str, detail: str, signer: Signer) -> AuditRow:
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    link = AuditRow(number, at, by, action, detail, previous, hash="", key=signer.public)
    digest = link_hash(link)
    return AuditRow(number, at, by, action, detail, previous, digest, signer.sign(digest), signer.public)


def chain_id(first: AuditRow) -> str:
    """Tells chains apart, as those of two operators with a store each: from the hash of the first link."""
    return first.hash[:_CHAIN_ID]
