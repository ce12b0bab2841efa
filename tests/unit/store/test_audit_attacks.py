"""Who tampers with the audit log is seen, and which entry it was: in a file and in PostgreSQL alike."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from rtmctl.store import Anchor, AuditRow, Store, StoreError, chain_id, open_store, prove_chain, public_key
from rtmctl.store.chain import link_hash, next_link
from rtmctl.store.signing import Signer, own_signer

LINKS = 9


@pytest.fixture
def log(store: Store) -> Store:
    """A log of nine links, written by several threads at once."""
    with ThreadPoolExecutor(4) as pool:
        detail = json.dumps({"devices": ["leaf1"]})
        list(pool.map(lambda n: store.audit("ann@desk", "apply", detail, float(n)), range(LINKS)))
    return store


def noted(row: AuditRow, first: AuditRow) -> Anchor:
    """The row's head as a device holds it."""
    return Anchor("leaf1", chain_id(first), row.number, row.hash, row.at, row.by, row.key or "", row.signature or "")


def edit(connection: Connection) -> None:
    connection.execute(text("UPDATE audit SET by = 'eve@desk' WHERE number = 3"))


def edit_and_rehash(connection: Connection) -> None:
    rows = connection.execute(text("SELECT * FROM audit WHERE number = 3")).mappings().one()
    row = replace(AuditRow(**rows), by="eve@desk")
    connection.execute(
        text("UPDATE audit SET by = :by, hash = :hash WHERE number = 3"), {"by": row.by, "hash": link_hash(row)}
    )


def remove(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number IN (4, 5)"))


def remove_and_renumber(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number = 4"))
    for number in range(5, LINKS + 1):
        connection.execute(text(f"UPDATE audit SET number = {number - 1} WHERE number = {number}"))


def remove_the_first(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number = 1"))


def swap(connection: Connection) -> None:
    for old, new in ((4, 99), (6, 4), (99, 6)):
        connection.execute(text(f"UPDATE audit SET number = {new} WHERE number = {old}"))


def unsign(connection: Connection) -> None:
    connection.execute(text("UPDATE audit SET signature = NULL WHERE number = 2"))


def another_signature(connection: Connection) -> None:
    connection.execute(text("UPDATE audit SET signature = (SELECT signature FROM audit WHERE number = 1)"))
    connection.execute(text("DELETE FROM audit WHERE number > 2"))


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (edit, {("audit-altered", "entry 3 (apply by eve@desk")}),
        (edit_and_rehash, {("audit-altered", "entry 3 (apply by eve@desk"), ("audit-altered", "entry 4 (apply")}),
        (remove, {("audit-removed", "entries 4–5 are missing")}),
        (
            remove_and_renumber,
            {
                ("audit-moved", "entries 4–8 are in another place than written: as 5–9"),
                ("audit-removed", "entry 4 is missing"),
            },
        ),
        (remove_the_first, {("audit-removed", "entry 1 is missing")}),
        (swap, {("audit-moved", "entries 4, 6 are in another place than written: as 6, 4")}),
        (unsign, {("audit-unsigned", "entry 2 is not signed")}),
        (another_signature, {("audit-altered", "entry 2 (apply by ann@desk")}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_chain_itself_shows(log: Store, place: str, attack: object, found: set[tuple[str, str]]) -> None:
    trusted = {log.signer.public}
    assert prove_chain(log.audit_log(), trusted=trusted).faults == ()
    url = f"sqlite:///{place}" if place.endswith(".db") else place.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.begin() as connection:
        attack(connection)  # type: ignore[operator]
    engine.dispose()
    faults = prove_chain(log.audit_log(), trusted=trusted).faults
    said = {
        (fault.code, fault.message[: len(start)]) for fault in faults for code, start in found if code == fault.code
    }
    assert found <= said, faults
    assert {fault.code for fault in faults} == {code for code, _ in found}
    assert len(faults) == len(found), faults


def test_a_cut_tail_is_seen_by_a_head_elsewhere_alone(log: Store) -> None:
    rows, trusted = log.audit_log(), {log.signer.public}
    assert prove_chain(rows[:-2], trusted=trusted).faults == (), "nothing in the chain shows it"
    head = noted(rows[-1], rows[0])
    (cut,) = prove_chain(rows[:-2], trusted=trusted, anchors=[head]).faults
    assert (cut.code, cut.message[:30]) == ("audit-cut", "entries 8–9 were cut off the e")
    (cut,) = prove_chain(rows[:-2], trusted=trusted, head=rows[-1].hash).faults
    assert cut.code == "audit-cut"
    report = prove_chain(rows, trusted=trusted, anchors=[head, replace(head, where="leaf2")], head=rows[4].hash)
    assert (report.faults, report.anchors, report.entries) == ((), 2, LINKS)


def test_a_chain_written_anew_with_its_own_key_is_seen(log: Store, tmp_path: Path) -> None:
    """The operator himself cuts the tail and goes on, or begins again: his signatures are all good."""
    rows, trusted, own = log.audit_log(), {log.signer.public}, log.signer.public
    head = noted(rows[-1], rows[0])
    anew = open_store(str(tmp_path / "anew.db"))
    anew.sign_with(lambda: log.signer)
    for number in range(LINKS):
        anew.audit("ann@desk", "apply", "nothing", float(number))
    (replaced,) = prove_chain(anew.audit_log(), trusted=trusted, own=own, anchors=[head]).faults
    assert replaced.code == "audit-replaced"
    (replaced,) = prove_chain((), trusted=trusted, own=own, anchors=[head]).faults
    assert replaced.code == "audit-replaced", "an emptied store"


def test_a_tail_that_was_cut_and_grew_again(store: Store, log: Store, place: str) -> None:
    rows = log.audit_log()
    url = f"sqlite:///{place}" if place.endswith(".db") else place.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE number > 6"))
    engine.dispose()
    for _ in range(4):
        store.audit("ann@desk", "apply", "as if nothing had been", 50.0)
    trusted = {store.signer.public}
    assert prove_chain(store.audit_log(), trusted=trusted).faults == ()
    (anew,) = prove_chain(store.audit_log(), trusted=trusted, anchors=[noted(rows[-1], rows[0])]).faults
    assert (anew.code, anew.message[:22]) == ("audit-altered", "entry 9 is not the one")


def test_a_replaced_key(log: Store, tmp_path: Path) -> None:
    """Eve writes the whole log anew and signs it with a key of her own."""
    eve = own_signer(tmp_path / "eve.key")
    rows: list[AuditRow] = []
    for row in log.audit_log():
        link = replace(row, by="eve", previous=rows[-1].hash if rows else row.previous, key=eve.public)
        link = replace(link, hash=link_hash(link))
        rows.append(replace(link, signature=eve.sign(link.hash)))
    (stranger,) = prove_chain(rows, trusted={log.signer.public}).faults
    assert stranger.code == "audit-key-unknown"
    assert stranger.message.startswith("entries 1–9 are signed with SHA256:")
    assert prove_chain(rows, trusted={log.signer.public, eve.public}).faults == ()


def test_two_operators_with_a_key_each_in_one_log(log: Store, place: str, tmp_path: Path) -> None:
    bob = open_store(place)
    signer = own_signer(tmp_path / "bob.key")
    bob.sign_with(lambda: signer)
    bob.audit("bob@lap", "apply", "{}", 20.0)
    assert prove_chain(log.audit_log(), trusted={log.signer.public, signer.public}).faults == ()
    (stranger,) = prove_chain(log.audit_log(), trusted={log.signer.public}).faults
    assert stranger.message.startswith("entry 10 is signed with")
    bob.close()


def test_two_stores_do_not_accuse_each_other(log: Store, tmp_path: Path) -> None:
    bob = open_store(str(tmp_path / "bob.db"))
    bob.audit("bob@lap", "apply", "{}", 20.0)
    ours, theirs = log.audit_log(), bob.audit_log()
    anchors = [noted(ours[-1], ours[0]), noted(theirs[-1], theirs[0])]
    for store, rows, other in ((log, ours, "bob@lap"), (bob, theirs, "ann@desk")):
        trusted = {log.signer.public, bob.signer.public}
        report = prove_chain(rows, trusted=trusted, own=store.signer.public, anchors=anchors)
        assert (report.faults, report.anchors) == ((), 1)
        assert report.others[0].startswith(other)


def test_a_forged_head_accuses_nobody_by_itself(log: Store, tmp_path: Path) -> None:
    rows = log.audit_log()
    forged = replace(noted(rows[-1], rows[0]), number=40, hash="ab" * 32)
    (fault,) = prove_chain(rows, trusted={log.signer.public}, anchors=[forged]).faults
    assert fault.code == "audit-anchor"


def test_the_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.key"
    with ThreadPoolExecutor(8) as pool:
        keys = {signer.public for signer in pool.map(lambda _: own_signer(path), range(16))}
    assert len(keys) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["a.key"]
    assert path.read_text().strip() not in repr(vars(own_signer(path)))
    path.chmod(0o640)
    with pytest.raises(StoreError, match="others may read"):
        own_signer(path)


@pytest.mark.parametrize("text", ["", "hunter2", "c2hvcnQ="], ids=["empty", "no base64", "short"])
def test_a_bad_key_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(Exception, match="is not 32 bytes in base64") as error:
        own_signer(path)
    assert "hunter2" not in str(error.value)


def test_a_public_key_is_read_with_or_without_a_comment() -> None:
    signer = Signer.of("A" * 43 + "=", "here")
    assert public_key(f" {signer.public} ann@desk\n") == signer.public
    for bad in ("", "ssh-rsa AAAA", signer.public[:-4], "ssh-ed25519 hunter2"):
        with pytest.raises(ValueError, match="no Ed25519 public key"):
            public_key(bad)


def test_a_link_survives_its_store(log: Store, place: str) -> None:
    """What was signed is what is read back, whatever the database does with text and floats."""
    again = open_store(place)
    odd = again.audit("zoë “the” root\\n@desk", "apply", '{"a": "\\u0000 \'; --"}', 1763900000.123456789)
    assert asdict(again.audit_log()[-1]) == asdict(odd)
    assert prove_chain(again.audit_log(), trusted={again.signer.public}).faults == ()
    again.close()


def test_thousands_of_renumbered_links_are_told_without_trying_every_place(tmp_path: Path) -> None:
    signer = own_signer(tmp_path / "a.key")
    rows: list[AuditRow] = []
    for number in range(3000):
        link = next_link(rows[-1] if rows else None, at=float(number), by="ann", action="x", detail="", signer=signer)
        rows.append(link)
    cut = [*rows[:5], *(replace(row, number=row.number - 1) for row in rows[6:])]
    faults = prove_chain(cut, trusted={signer.public}).faults
    assert [(fault.code, fault.message) for fault in faults] == [
        ("audit-removed", "entry 6 is missing: removed from the log"),
        ("audit-moved", "entries 6–2999 are in another place than written: as 7–3000"),
    ]
