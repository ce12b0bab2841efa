"""The store: journal, history, drains and audit, embedded in a file or shared by a team.

It is a record, not a lock: who may change a device is decided on the device by its lease.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, inspect, literal, select, text, update

from rtmctl.store import schema
from rtmctl.store.chain import chain_id, next_link
from rtmctl.store.engines import engine_for, is_ours, store_errors
from rtmctl.store.location import StoreError, audit_key_path, store_url
from rtmctl.store.signing import Signer, own_signer
from rtmctl.store.types import AuditRow, ChangeRow, DrainRow, DrillRow, JournalRow, StandingRow

_AUDIT_LOCK = 0x72746D63
"""PostgreSQL advisory lock: the audit chain has one writer at a time"""
_ALL = 2**31 - 1
"""more rows than any store has, and what every database takes for a limit"""
_SCHEMA_LOCK = 0x72746D64
_JOURNAL_LOCK = 0x72746D65


class Store:
    """An open store. Every method is one transaction, durable when it returns.

    Raises StoreError from every method when the database cannot be reached, is locked, full or damaged.
    """

    def __init__(self, engine: Engine, name: str, key: Path) -> None:
        self._engine = engine
        self._key = key
        self._make_signer: Callable[[], Signer] | None = None
        self._signer: Signer | None = None
        self.name = name
        """for messages: path or URL without its password"""

    @property
    def signer(self) -> Signer:
        """Whose signature this store's links bear. Raises StoreError, or what resolving the site's key raises."""
        if self._signer is None:
            self._signer = self._make_signer() if self._make_signer is not None else own_signer(self._key)
        return self._signer

    @property
    def own_key(self) -> str | None:
        """The public half of this store's key; None where none has been made yet. Raises as `signer`."""
        return self.signer.public if self._make_signer is not None or self._key.exists() else None

    def sign_with(self, signer: Callable[[], Signer]) -> None:
        """Take another key than the one beside the store; it is asked for when the first link is written."""
        self._make_signer, self._signer = signer, None

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with store_errors(self.name), self._engine.begin() as connection:
            yield connection

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        with self._begin() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # changes

    def begin_change(self, change: ChangeRow) -> None:
        with self._begin() as connection:
            connection.execute(insert(schema.changes).values(**asdict(change)))

    def end_change(self, change: str, outcome: str, message: str, at: float) -> None:
        table = schema.changes
        with self._begin() as connection:
            connection.execute(
                update(table).where(table.c.id == change).values(outcome=outcome, message=message, ended_at=at)
            )

    def change(self, change: str) -> ChangeRow | None:
        rows = self._rows(select(schema.changes).where(schema.changes.c.id == change))
        return ChangeRow(**rows[0]) if rows else None

    def settle_change(self, change: str, outcome: str, message: str) -> None:
        """Replace what was known of a change's end by what its devices have said since."""
        table = schema.changes
        with self._begin() as connection:
            connection.execute(update(table).where(table.c.id == change).values(outcome=outcome, message=message))

    def changes(
        self, site: str, limit: int = 50, *, outcomes: Collection[str] | None = None, plans: bool = True
    ) -> tuple[ChangeRow, ...]:
        """The newest first.

        Args:
            outcomes: those with one of these alone.
            plans: with their plans, which may be megabytes each; else `plan` is empty.
        """
        table = schema.changes
        columns = [column if plans or column.name != "plan" else literal("").label("plan") for column in table.c]
        query = select(*columns).where(table.c.site == site).order_by(table.c.begun_at.desc(), table.c.id)
        query = query.limit(min(limit, _ALL))
        if outcomes is not None:
            query = query.where(table.c.outcome.in_(outcomes))
        return tuple(ChangeRow(**row) for row in self._rows(query))

    # where each device of a change was last seen

    def set_standings(self, rows: Iterable[StandingRow]) -> None:
        """Each takes the place of the older one of its change and device."""
        table = schema.standings
        with self._begin() as connection:
            for row in rows:
                connection.execute(delete(table).where(table.c.change == row.change, table.c.device == row.device))
                connection.execute(insert(table).values(**asdict(row)))

    def standings(self, changes: Collection[str]) -> tuple[StandingRow, ...]:
        """Of those changes, by change and device."""
        table = schema.standings
        query = select(table).where(table.c.change.in_(changes)).order_by(table.c.change, table.c.device)
        return tuple(StandingRow(**row) for row in self._rows(query))

    # journal

    def append(self, change: str, kind: str, device: str | None, detail: str, at: float) -> JournalRow:
        """Add the next entry of a change; synced to disk when this returns."""
        table = schema.journal
        last = select(func.coalesce(func.max(table.c.sequence), 0)).where(table.c.change == change)
        with self._begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_JOURNAL_LOCK, func.hashtext(change))))
            row = JournalRow(change, connection.execute(last).scalar_one() + 1, at, kind, device, detail)
            connection.execute(insert(table).values(**asdict(row)))
        return row

    def journal(self, change: str) -> tuple[JournalRow, ...]:
        table = schema.journal
        columns = [column for column in table.c if column.name != "number"]
        query = select(*columns).where(table.c.change == change).order_by(table.c.sequence)
        return tuple(JournalRow(**row) for row in self._rows(query))

    # drills

    def begin_drill(self, drill: DrillRow) -> None:
        with self._begin() as connection:
            connection.execute(insert(schema.drills).values(**asdict(drill)))

    def end_drill(self, drill: str, outcome: str, message: str, report: str, at: float) -> None:
        table = schema.drills
        values = {"outcome": outcome, "message": message, "report": report, "ended_at": at}
        with self._begin() as connection:
            connection.execute(update(table).where(table.c.id == drill).values(**values))

    def drill(self, drill: str) -> DrillRow | None:
        rows = self._rows(select(schema.drills).where(schema.drills.c.id == drill))
        return DrillRow(**rows[0]) if rows else None

    def drills(
        self, site: str, limit: int = 50, *, outcomes: Collection[str] | None = None, reports: bool = True
    ) -> tuple[DrillRow, ...]:
        """The newest first.

        Args:
            outcomes: those with one of these alone.
            reports: with their reports; else `report` is empty.
        """
        table = schema.drills
        columns = [column if reports or column.name != "report" else literal("").label("report") for column in table.c]
        query = select(*columns).where(table.c.site == site).order_by(table.c.begun_at.desc(), table.c.id)
        query = query.limit(min(limit, _ALL))
        if outcomes is not None:
            query = query.where(table.c.outcome.in_(outcomes))
        return tuple(DrillRow(**row) for row in self._rows(query))

    # drains

    def set_drain(self, drain: DrainRow) -> None:
        table = schema.drains
        with self._begin() as connection:
            connection.execute(delete(table).where(table.c.site == drain.site, table.c.device == drain.device))
            connection.execute(insert(table).values(**asdict(drain)))

    def clear_drain(self, site: str, device: str) -> bool:
        """True when there was one."""
        table = schema.drains
        with self._begin() as connection:
            result = connection.execute(delete(table).where(table.c.site == site, table.c.device == device))
            return result.rowcount > 0

    def drains(self, site: str) -> tuple[DrainRow, ...]:
        query = select(schema.drains).where(schema.drains.c.site == site).order_by(schema.drains.c.device)
        return tuple(DrainRow(**row) for row in self._rows(query))

    # audit

    def audit(self, by: str, action: str, detail: str, at: float | None = None) -> AuditRow:
        """Add a link to the chain, signed with this store's key."""
        table, signer = schema.audit, self.signer
        with self._begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_AUDIT_LOCK)))
            found = connection.execute(select(table).order_by(table.c.number.desc()).limit(1)).mappings().first()
            last = AuditRow(**found) if found else None
            when = time.time() if at is None else at
            row = next_link(last, at=when, by=by, action=action, detail=detail, signer=signer)
            connection.execute(insert(table).values(**asdict(row)))
        return row

    def audit_chain(self) -> str:
        """What tells this store's chain from others; empty while there is no link."""
        rows = self._rows(select(schema.audit).order_by(schema.audit.c.number).limit(1))
        return chain_id(AuditRow(**rows[0])) if rows else ""

    def audit_log(self) -> tuple[AuditRow, ...]:
        return tuple(AuditRow(**row) for row in self._rows(select(schema.audit).order_by(schema.audit.c.number)))


def open_store(where: str | None = None, env: Mapping[str, str] | None = None) -> Store:
    """Open the store, and make it where there is none yet.

    Args:
        where: a file's path or a `postgresql://` URL; else `RTMCTL_STORE` or the default file decides.
        env: the environment; the process's own where left out.

    Raises:
        StoreError: it cannot be reached, is locked, is damaged, is no store, or was written by a newer rtmctl.
    """
    env = os.environ if env is None else env
    url = store_url(where, env)
    name = (url.database or "") if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    engine = engine_for(url)
    try:
        with store_errors(name):
            _prepare(engine, name)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, name, audit_key_path(url, env))


def _prepare(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        tables = set(inspect(connection).get_table_names())
        if schema.version.name not in tables:
            if not is_ours(tables) and engine.dialect.name == "sqlite":
                raise StoreError(f"{name} is a database of something else (table {min(tables)!r})")
            if engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            schema.metadata.create_all(connection)
            if connection.execute(select(func.count()).select_from(schema.version)).scalar_one() == 0:
                connection.execute(insert(schema.version).values(version=schema.VERSION))
            return
        found = connection.execute(select(schema.version.c.version)).scalar_one()
        if found > schema.VERSION:
            raise StoreError(
                f"the store {name} has schema {found}, this rtmctl knows {schema.VERSION}",
                hint="use the newer rtmctl that wrote it",
            )
        if found < schema.VERSION:
            _migrate(connection, found)
        elif missing := set(schema.metadata.tables) - tables:
            raise StoreError(f"the store {name} is damaged: table {min(missing)!r} is missing")


def _migrate(connection: Connection, found: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        found = connection.execute(select(schema.version.c.version)).scalar_one()
    for step in range(found, schema.VERSION):
        for statement in schema.MIGRATIONS[step]:
            connection.execute(text(statement))
    schema.metadata.create_all(connection)
    connection.execute(update(schema.version).values(version=schema.VERSION))
