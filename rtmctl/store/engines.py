"""One SQLAlchemy engine a kind of database, and its errors in the operator's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, NoResultFound, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from rtmctl.store import schema
from rtmctl.store.location import StoreError

_BUSY_S = 10
_CONNECT_S = 10


def engine_for(url: URL) -> Engine:
    """Raises StoreError when the file cannot be made, or PostgreSQL's driver is not installed."""
    return _sqlite(Path(url.database or "")) if url.get_backend_name() == "sqlite" else _postgresql(url)


def _sqlite(path: Path) -> Engine:
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "no regular file"
        raise StoreError(f"{path} is {what}, not a store", hint="give the path of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the store {path} cannot be written: {error.strerror}") from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": _BUSY_S}, poolclass=NullPool
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        if is_ours({name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}):
            connection.execute("PRAGMA journal_mode=WAL")  # written into the file: not into a stranger's
        connection.execute("PRAGMA synchronous=FULL")  # a journal entry must outlive a power cut

    @event.listens_for(engine, "begin")
    def _immediate(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # reading first and locking later may deadlock

    return engine


def _postgresql(url: URL) -> Engine:
    options = {"connect_timeout": _CONNECT_S, "options": "-c lock_timeout=10s -c statement_timeout=30s"}
    try:
        return create_engine(url, connect_args=options, pool_pre_ping=True, pool_size=2)
    except ImportError as error:
        raise StoreError("PostgreSQL's driver is not installed", hint="pip install 'rtmctl[postgresql]'") from error


def is_ours(tables: set[str]) -> bool:
    """Whether a database with these tables is a store, or empty and may become one."""
    return not tables or schema.version.name in tables


@contextmanager
def store_errors(name: str) -> Iterator[None]:
    """Turn the database's errors into StoreError with what to do; never shows a statement or its values."""
    try:
        yield
    except NoResultFound as error:
        raise StoreError(f"the store {name} is damaged: its version is missing") from error
    except OperationalError as error:
        raise _operational(name, str(error.orig).strip()) from error
    except DatabaseError as error:
        text = str(error.orig).strip()
        hint = "move it away; history and journal begin anew, the devices keep what they need to recover"
        raise StoreError(f"the store {name} is damaged: {text}", hint=hint) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {name} failed: {type(error).__name__}") from error


def _operational(name: str, text: str) -> StoreError:
    first = text.splitlines()[0] if text else "no answer"
    if "locked" in first or "lock timeout" in first:
        return StoreError(f"the store {name} is locked by another process ({first})", hint="wait for it, or end it")
    if "malformed" in first:
        return StoreError(f"the store {name} is damaged: {first}", hint="move it away or restore it from a backup")
    if "readonly" in first or "unable to open" in first:
        return StoreError(f"the store {name} cannot be written: {first}", hint="check its owner and the disk")
    if "full" in first:
        return StoreError(f"the disk of the store {name} is full", hint="make room, nothing was changed")
    if "disk I/O" in first:
        return StoreError(f"the store {name} cannot be read or written: {first}", hint="is its disk full?")
    return StoreError(f"the store {name} does not answer: {first}")
