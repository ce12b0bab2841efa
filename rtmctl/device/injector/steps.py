"""The life of an injection: armed, made, renewed, taken back, forgotten."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from ..onboard import guardian
from ..onboard.errors import AgentError, disk_failure
from ..onboard.machine import Machine
from ..onboard.sessions import session_of_this
from . import lease
from .authority import refuse_changes, refuse_other_drills
from .guard import watch_of
from .mechanism import Wanted
from .mechanisms import MECHANISMS
from .record import (
    ACTIVE,
    ARMED,
    BROKEN,
    INJECTING,
    LIVE,
    RESTORED,
    Record,
    hash_of,
    held,
    key_of,
    load,
    load_all,
    mechanism_of,
    reserve,
    state_of,
    update,
    wanted_of,
)
from .undo import undo

VERSION = 1
UNDO_WAIT_S = 60.0


def hello(machine: Machine) -> dict[str, Any]:
    """Which mechanisms this machine can do, and why not."""
    return {"injector": VERSION, "mechanisms": {m.name: unable(machine, m.name) for m in MECHANISMS}}


def unable(machine: Machine, mechanism: str) -> str | None:
    if machine.root == "/" and os.geteuid() != 0:
        return "it runs without the rights of root"
    return mechanism_of(mechanism).unable(machine)


def check(machine: Machine, mechanism: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the injection can be made here; changes nothing."""
    wanted = Wanted(key_of(mechanism, arguments), arguments)
    return {"reason": unable(machine, mechanism) or mechanism_of(mechanism).check(machine, wanted)}


def arm(
    machine: Machine,
    drill: str,
    mechanism: str,
    arguments: Mapping[str, Any],
    lease_s: float,
    holder: str = "",
    fence: int = 0,
) -> dict[str, Any]:
    """Everything the undo needs is on disk and its guard runs before this returns; nothing is changed yet."""
    if not drill:
        raise AgentError("usage", "arm", "a drill needs a name")
    key = key_of(mechanism, arguments)
    with machine.lock(name="arm"), machine.lock(name=key):
        refuse_other_drills(machine, drill)
        refuse_changes(machine, holder, fence)
        old = load(machine, key)
        if old.get("state") == ARMED:
            lease.extend(machine, key, lease_s)
            guardian.ensure(watch_of(machine, key))
            return told(machine, old)
        if old.get("state") in (*LIVE, BROKEN):
            raise AgentError("state", "arm", f"{mechanism} is {old['state']} already")
        reason = check(machine, mechanism, arguments)["reason"]
        if reason:
            raise AgentError("unable", "arm", reason)
        record: Record = {"key": key, "drill": drill, "mechanism": mechanism, "arguments": dict(arguments)}
        before = state_of(machine, record)
        refuse_shared(machine, key, before["owned"])
        guardian.wait_gone(watch_of(machine, key))
        lease.extend(machine, key, lease_s)
        try:
            reserve(machine)
            record = update(
                machine,
                record,
                anyway=False,
                state=ARMED,
                boot_id=machine.boot_id(),
                before=before,
                hash=hash_of(before),
                armed_at=machine.wall(),
            )
        except OSError as error:
            machine.remove("reserve")
            raise disk_failure("arm", error) from None
        guardian.start(watch_of(machine, key))
        return told(machine, record)


def refuse_shared(machine: Machine, key: str, owned: Mapping[str, Any]) -> None:
    """Two faults on one object could be taken back in one order only."""
    for record in load_all(machine):
        if record["key"] != key and record["state"] in LIVE:
            both = sorted(owned.keys() & record["before"]["owned"].keys())
            if both:
                text = f"{', '.join(both)} belongs to {record['mechanism']} of the same drill: make them one injection"
                raise AgentError("shared", "arm", text)


def inject(machine: Machine, key: str, drill: str) -> dict[str, Any]:
    with machine.lock(name=key):
        record = own(machine, key, drill, "inject")
        if record["state"] == ACTIVE:
            return told(machine, record)
        if record["state"] != ARMED:
            raise AgentError("state", "inject", f"{record['mechanism']} is {record['state']}")
        refuse_expired(machine, record, "inject")
        guardian.ensure(watch_of(machine, key))
        record = update(machine, record, state=INJECTING, **session_of_this())
        try:
            change = mechanism_of(record["mechanism"]).inject(machine, wanted_of(record))
        except (AgentError, OSError) as error:
            record = undo(machine, record, f"it could not be made: {error}")
            raise AgentError("failed" if record["state"] == RESTORED else "broken", "inject", str(error)) from None
        record = update(machine, record, state=ACTIVE, began_ns=change.began_ns, done_ns=change.done_ns)
        return told(machine, record)


def renew(machine: Machine, key: str, drill: str, lease_s: float) -> dict[str, Any]:
    """Beside whatever step is running."""
    record = own(machine, key, drill, "renew")
    if record["state"] not in (ARMED, INJECTING, ACTIVE):
        raise AgentError("state", "renew", f"{record['mechanism']} is {record['state']}: {record.get('cause', '')}")
    refuse_expired(machine, record, "renew")
    guardian.ensure(watch_of(machine, key))
    lease.extend(machine, key, lease_s)
    return told(machine, record)


def revert(machine: Machine, key: str) -> dict[str, Any]:
    """Whoever asks: taking a fault back harms nobody. Once more is no error."""
    with machine.lock(wait_s=UNDO_WAIT_S, name=key):
        record = load(machine, key)
        if not record:
            return {"state": "none"}
        if record["state"] != RESTORED:
            record = undo(machine, record, "asked to")
        if record["state"] == BROKEN:
            guardian.ensure(watch_of(machine, key))
        return told(machine, record)


def status(machine: Machine, key: str = "") -> dict[str, Any]:
    """All injections known here, or one. What lives has a guard; what an earlier boot left is taken back."""
    boot(machine)
    records = [record for record in load_all(machine) if key in ("", record["key"])]
    for record in records:
        if record["state"] in (*LIVE, BROKEN):
            guardian.ensure(watch_of(machine, record["key"]))
    return {"boot_id": machine.boot_id(), "held": [look(machine, record) for record in records]}


def look(machine: Machine, record: Record) -> dict[str, Any]:
    answer = told(machine, record)
    if record["state"] == ACTIVE:
        with contextlib.suppress(AgentError, OSError):
            answer["is_active"] = mechanism_of(record["mechanism"]).is_active(machine, wanted_of(record))
    return answer


def boot(machine: Machine) -> dict[str, Any]:
    """After the network has started: nothing of a drill outlives a reboot."""
    old = [record["key"] for record in load_all(machine) if outlived(machine, record)]
    for key in old:
        with machine.lock(wait_s=UNDO_WAIT_S, name=key):
            record = load(machine, key)
            if outlived(machine, record):
                undo(machine, {**record, "boot_id": machine.boot_id()}, "the machine rebooted")
    return {"taken_back": old}


def outlived(machine: Machine, record: Mapping[str, Any]) -> bool:
    """Whether it is not over and was armed in an earlier boot."""
    return record["state"] in (*LIVE, BROKEN) and record["boot_id"] != machine.boot_id()


def gc(machine: Machine) -> dict[str, Any]:
    """Forget what is over. Raises AgentError `state` while something is not."""
    with machine.lock(name="arm"):
        alive = [record for record in load_all(machine) if record["state"] in (*LIVE, BROKEN)]
        if alive:
            text = ", ".join(f"{record['mechanism']} is {record['state']}" for record in alive)
            raise AgentError("state", "gc", text)
        for key in machine.names(""):
            guardian.wait_gone(watch_of(machine, key))  # it would write anew what is gone while it looks
        for folder in (machine.state_dir, os.path.join(machine.run_dir, "state"), machine.run_dir):
            remove_files(folder)
        with contextlib.suppress(OSError):
            os.rmdir(machine.state_dir)
    return {}


def remove_files(folder: str) -> None:
    """All but the lock that is held: also what a step that was killed had begun to write."""
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if name != "arm":
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))


def own(machine: Machine, key: str, drill: str, step: str) -> Record:
    record = load(machine, key)
    if record.get("drill") != drill:
        raise AgentError("state", step, f"drill {drill} holds no such injection here")
    return record


def refuse_expired(machine: Machine, record: Record, step: str) -> None:
    ends = lease.ends_at(machine, record["key"]) or 0.0
    if record["boot_id"] != machine.boot_id() or machine.now() >= ends:
        raise AgentError("state", step, f"the lease of {record['mechanism']} has run out; it is taken back")


def told(machine: Machine, record: Record) -> dict[str, Any]:
    return held(machine, record, lease.ends_at(machine, record["key"]))
