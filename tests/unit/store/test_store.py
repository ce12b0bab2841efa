"""What the store keeps, in a file and in PostgreSQL alike."""

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from rtmctl.store import ChangeRow, DrainRow, DrillRow, StandingRow, Store, StoreError, open_store

CHANGE = ChangeRow("c1", "waw1", "apply", "ann@desk", "why", 10.0, None, "running", "", "{}")
DRILL = DrillRow("d1", "waw1", "spine-loss", "spine", "spine1", "ann@desk", "why", 10.0, None, "running", "")


def test_a_change_and_its_end(store: Store, place: str) -> None:
    store.begin_change(CHANGE)
    store.begin_change(replace(CHANGE, id="c2", begun_at=20.0, undoes="c1"))
    store.begin_change(replace(CHANGE, id="x", site="other"))
    store.end_change("c1", "confirmed", "6 devices", 12.5)
    again = open_store(place)
    assert again.change("c1") == replace(CHANGE, outcome="confirmed", message="6 devices", ended_at=12.5)
    assert [row.id for row in again.changes("waw1", 10**30)] == ["c2", "c1"]
    assert again.change("nothing") is None
    assert [row.id for row in again.changes("waw1", outcomes=("confirmed", "reverted"))] == ["c1"]
    assert [(row.id, row.plan) for row in again.changes("waw1", 1, plans=False)] == [("c2", "")]
    again.close()


def test_journal_entries_are_numbered_in_the_order_of_writing(store: Store, place: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.append("c1", "stage", f"leaf{n}", "", float(n)), range(20)))
    rows = store.journal("c1")
    assert [row.sequence for row in rows] == list(range(1, 21))
    assert {row.device for row in rows} == {f"leaf{n}" for n in range(20)}
    other = open_store(place)
    assert other.append("c1", "end", None, "", 1.0).sequence == 21
    assert other.append("c2", "begin", None, "", 1.0).sequence == 1
    other.close()


def test_a_standing_takes_the_place_of_the_older_one(store: Store) -> None:
    row = StandingRow("c1", "leaf1", "new, its revert timer runs", "", 1.0)
    store.set_standings([row, replace(row, device="leaf2"), replace(row, change="c2")])
    store.set_standings([later := replace(row, standing="as before", reason="reverted", seen_at=2.0)])
    assert store.standings(["c1"]) == (later, replace(row, device="leaf2"))
    assert store.standings(()) == ()


def test_a_drill_and_its_end(store: Store, place: str) -> None:
    store.begin_drill(DRILL)
    store.begin_drill(replace(DRILL, id="d2", begun_at=20.0))
    store.begin_drill(replace(DRILL, id="x", site="other"))
    store.end_drill("d1", "passed", "41 ms", '{"runs": []}', 12.5)
    again = open_store(place)
    ended = replace(DRILL, outcome="passed", message="41 ms", report='{"runs": []}', ended_at=12.5)
    assert again.drill("d1") == ended
    assert again.drill("nothing") is None
    assert again.drills("waw1", outcomes=("passed",)) == (ended,)
    assert [(row.id, row.report) for row in again.drills("waw1", reports=False)] == [("d2", ""), ("d1", "")]
    again.close()


def test_drains(store: Store) -> None:
    drain = DrainRow("waw1", "leaf1", "ann", "fan", 1.0, 100.0)
    store.set_drain(drain)
    store.set_drain(replace(drain, reason="two fans"))
    assert store.drains("waw1") == (replace(drain, reason="two fans"),)
    assert [drain.active(now) for now in (99.0, 100.0)] == [True, False]
    assert store.clear_drain("waw1", "leaf1")
    assert not store.clear_drain("waw1", "leaf1")


def test_a_newer_store_is_refused(store: Store, place: str) -> None:
    store.close()
    url = f"sqlite:///{place}" if place.endswith(".db") else place.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE rtmctl_version SET version = 99"))
    engine.dispose()
    with pytest.raises(StoreError, match="schema 99"):
        open_store(place)


def test_a_store_of_version_1_is_migrated(store: Store, place: str) -> None:
    store.audit("ann", "apply", "{}", 1.0)
    store.close()
    url = f"sqlite:///{place}" if place.endswith(".db") else place.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE standings"))
        connection.execute(text("DROP TABLE drills"))
        connection.execute(text("ALTER TABLE audit DROP COLUMN key"))
        connection.execute(text("UPDATE rtmctl_version SET version = 1"))
    engine.dispose()
    again = open_store(place)
    assert again.audit_log()[0].key is None
    again.audit("ann", "apply", "{}", 2.0)
    assert again.standings(["c1"]) == ()
    assert again.drills("waw1") == ()
    again.close()
    assert open_store(place).audit_log()[1].key is not None


NO_STORE: dict[str, tuple[Callable[[Path], object], str]] = {
    "garbage": (lambda path: path.write_bytes(b"no database, but long enough to be looked at" * 40), "damaged"),
    "a folder": (Path.mkdir, "a folder"),
    "a pipe": (os.mkfifo, "no regular file"),
    "a device": (lambda path: path.symlink_to("/dev/null"), "no regular file"),
}


@pytest.mark.parametrize(("make", "said"), NO_STORE.values(), ids=NO_STORE.keys())
def test_a_file_that_is_no_store(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "store.db"
    make(path)
    with pytest.raises(StoreError, match=said):
        open_store(str(path))


@pytest.mark.parametrize("table", ["photos", "journal"])
def test_a_database_of_something_else_is_left_alone(tmp_path: Path, table: str) -> None:
    path = tmp_path / "photos.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="something else"):
        open_store(str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("url", ["postgresql://u:p@host:port/x", "://"])
def test_a_url_that_is_none_says_so_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match=r"^the store's URL cannot be read$"):
        open_store(url)


def test_a_locked_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtmctl.store.engines._BUSY_S", 0.1)
    path = tmp_path / "store.db"
    store = open_store(str(path))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        store.append("c1", "begin", None, "", 1.0)
    holder.execute("ROLLBACK")
    assert store.append("c1", "begin", None, "", 1.0).sequence == 1


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("mysql://a/b", "'mysql' is not known"),
        ("postgresql://ann:hunter2@127.0.0.1:1/db", "does not answer"),
        ("/proc/none/store.db", "cannot be written"),
    ],
)
def test_an_unusable_place_is_named_without_its_password(place: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as error:
        open_store(place)
    assert "hunter2" not in str(error.value)


def test_the_environment_names_the_store(tmp_path: Path) -> None:
    assert open_store(env={"RTMCTL_STORE": str(tmp_path / "a.db")}).name == str(tmp_path / "a.db")
    assert open_store(env={"XDG_STATE_HOME": str(tmp_path)}).name == str(tmp_path / "rtmctl" / "store.db")
