"""`audit verify` over stores and devices: what it compares, what it could not, and how it ends."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from change_fake import FakeFabric, run
from change_site import ALL, OLD, plan_for

from rtmctl.base import Exit
from rtmctl.change import ApplyOptions, apply
from rtmctl.change.audit_log import AuditFilter, AuditReport, entries_of, verify_log
from rtmctl.store import Store, open_store

OPTIONS = ApplyOptions(reason="because", by="ann@desk")


async def changed(devices: FakeFabric, store: Store) -> None:
    await apply(plan_for(devices), devices.connect, store, options=OPTIONS)


async def verified(devices: FakeFabric, store: Store, **more: object) -> AuditReport:
    return await verify_log(store, "test", ALL, devices.connect, **more)  # type: ignore[arg-type]


def cut(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute(statement)


def test_a_whole_log(tmp_path: Path) -> None:
    async def go() -> None:
        devices, store = FakeFabric(OLD), open_store(str(tmp_path / "a.db"))
        await changed(devices, store)
        report = await verified(devices, store, keys=[store.signer.public])
        assert (report.exit, report.faults, report.entries, report.anchors) == (Exit.DONE, (), 2, len(ALL))
        assert (report.unread, report.listed) == ({}, True)

    run(go())


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        ("DELETE FROM audit WHERE number = 2", "audit-cut"),
        ("DELETE FROM audit", "audit-replaced"),
        ("UPDATE audit SET action = 'drain' WHERE number = 1", "audit-altered"),
    ],
)
def test_a_log_that_was_tampered_with(tmp_path: Path, attack: str, code: str) -> None:
    async def go() -> None:
        devices, store = FakeFabric(OLD), open_store(str(tmp_path / "a.db"))
        await changed(devices, store)
        cut(tmp_path, attack)
        report = await verified(devices, store)
        assert report.exit is Exit.VERIFICATION_FAILED
        assert code in {fault.code for fault in report.faults}

    run(go())


def test_what_was_not_read_is_said_and_nobody_at_all_is_inconclusive(tmp_path: Path) -> None:
    async def go() -> None:
        devices, store = FakeFabric(OLD), open_store(str(tmp_path / "a.db"))
        await changed(devices, store)
        cut(tmp_path, "DELETE FROM audit WHERE number = 2")
        for name in ALL[1:]:
            devices[name].alive = False
        report = await verified(devices, store)
        assert set(report.unread) == set(ALL[1:])
        assert [fault.code for fault in report.faults] == ["audit-cut"], "one device that answers is enough"
        devices[ALL[0]].alive = False
        report = await verified(devices, store)
        assert (report.exit, report.faults) == (Exit.INCONCLUSIVE, ())
        report = await verify_log(store, "test", ALL, None, offline=True)
        assert (report.exit, set(report.unread)) == (Exit.DONE, set(ALL))

    run(go())


def test_a_change_without_an_entry_is_named_without_any_device(tmp_path: Path) -> None:
    async def go() -> None:
        devices, store = FakeFabric(OLD), open_store(str(tmp_path / "a.db"))
        await changed(devices, store)
        cut(tmp_path, "DELETE FROM audit")
        report = await verify_log(store, "test", ALL, None, offline=True)
        assert [fault.code for fault in report.faults] == ["audit-change-missing"]
        assert report.exit is Exit.DONE, "a warning: it may have died before its first entry"

    run(go())


def test_a_replaced_store_and_key_is_pointed_at(tmp_path: Path) -> None:
    """Somebody who can write the store's folder begins anew: key, log and all."""

    async def go() -> None:
        devices, store = FakeFabric(OLD), open_store(str(tmp_path / "a.db"))
        await changed(devices, store)
        listed = store.signer.public
        store.close()
        for path in tmp_path.iterdir():
            path.unlink()
        anew = open_store(str(tmp_path / "a.db"))
        anew.audit("ann@desk", "apply", "{}", 5.0)
        report = await verified(devices, anew, keys=[listed])
        assert report.exit is Exit.VERIFICATION_FAILED
        assert {fault.code for fault in report.faults} == {"audit-key-unknown", "audit-replaced"}
        report = await verified(devices, anew)
        assert [fault.code for fault in report.faults] == ["audit-replaced"], "a warning where no keys are listed"

    run(go())


def test_entries_are_found_by_time_device_and_operator(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "a.db"))
    for at, by, device in ((10.0, "ann@desk", "leaf1"), (20.0, "bob@lap", "leaf2"), (30.0, "ann@desk", "leaf2")):
        store.audit(by, "apply", json.dumps({"devices": [device], "change": "c", "reason": "why"}), at)
    store.audit("eve", "apply", "no JSON", 40.0)
    entries = entries_of(store.audit_log())

    def found(**wanted: object) -> list[int]:
        taken = replace(AuditFilter(), **wanted)  # type: ignore[arg-type]
        return [entry.number for entry in entries if taken.takes(entry)]

    assert found() == [1, 2, 3, 4]
    assert found(since=20.0) == [2, 3, 4]
    assert found(device="leaf2") == [2, 3]
    assert found(who="ann", device="leaf2") == [3]
    assert (entries[0].reason, entries[3].devices) == ("why", ())
