"""What rtmctl remembers: change history, write-ahead journal, drains, audit chain; SQLite in a file, or PostgreSQL.

The store is no lock and no authority: those stand on the devices. Losing it loses history, never safety.
"""

from rtmctl.store.chain import chain_id
from rtmctl.store.location import StoreError
from rtmctl.store.proof import ChainReport, prove_chain
from rtmctl.store.signing import Signer, public_key
from rtmctl.store.store import Store, open_store
from rtmctl.store.types import Anchor, AuditRow, ChangeRow, DrainRow, DrillRow, JournalRow, StandingRow

__all__ = [
    "Anchor",
    "AuditRow",
    "ChainReport",
    "ChangeRow",
    "DrainRow",
    "DrillRow",
    "JournalRow",
    "Signer",
    "StandingRow",
    "Store",
    "StoreError",
    "chain_id",
    "open_store",
    "prove_chain",
    "public_key",
]
