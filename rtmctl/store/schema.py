"""The tables and their version. A newer version is refused, an older one is migrated step by step."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text, UniqueConstraint

VERSION = 3

metadata = MetaData()

version = Table("rtmctl_version", metadata, Column("version", Integer, nullable=False))

changes = Table(
    "changes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("site", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("by", String(256), nullable=False),
    Column("reason", Text, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("outcome", String(32), nullable=False),
    Column("message", Text, nullable=False),
    Column("undoes", String(64)),
    Column("plan", Text, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("change", String(64), nullable=False, index=True),
    Column("sequence", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("device", String(64)),
    Column("detail", Text, nullable=False),
    UniqueConstraint("change", "sequence"),
)

drains = Table(
    "drains",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("device", String(64), primary_key=True),
    Column("by", String(256), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float),
)

standings = Table(
    "standings",
    metadata,
    Column("change", String(64), primary_key=True),
    Column("device", String(64), primary_key=True),
    Column("standing", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("seen_at", Float, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("by", String(256), nullable=False),
    Column("action", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", Text),
    Column("key", String(128)),
)

drills = Table(
    "drills",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("site", String(64), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("fault", String(64), nullable=False),
    Column("target", String(256), nullable=False),
    Column("by", String(256), nullable=False),
    Column("reason", Text, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("outcome", String(32), nullable=False),
    Column("message", Text, nullable=False),
    Column("report", Text, nullable=False),
)

MIGRATIONS: Mapping[int, tuple[str, ...]] = {1: ("ALTER TABLE audit ADD COLUMN key VARCHAR(128)",), 2: ()}
"""version to what makes the next one of it; new tables come by themselves"""
