"""What rtmctl remembers: change history, write-ahead journal, drains, audit chain; SQLite in a file, or PostgreSQL.

The store is no lock and no authority: those stand on the devices. Losing it loses history, never safety.
"""

from rtmctl.store.chain import broken_at
from rtmctl.store.location import StoreError, state_folder
from rtmctl.store.store import Store, open_store
from rtmctl.store.types import AuditRow, ChangeRow, DrainRow, JournalRow

__all__ = [
    "AuditRow",
    "ChangeRow",
    "DrainRow",
    "JournalRow",
    "Store",
    "StoreError",
    "broken_at",
    "open_store",
    "state_folder",
]
