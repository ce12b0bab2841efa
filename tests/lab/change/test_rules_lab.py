"""What the rules forbid, on a real lab: a freeze, a partner that is down, a second operator, half of a change."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from change_lab import bring_up, fabric_of, network
from vault_server import Vault, serving

from rtmctl.base import Exit, PermanentError, Refused
from rtmctl.change import (
    ApplyOptions,
    CommitMode,
    Network,
    Outcome,
    PlanOptions,
    StalePlan,
    carry_out,
    make,
    plan_to_json,
    resolver,
)
from rtmctl.change.audit_log import verify_log
from rtmctl.change.events import Event, Note
from rtmctl.lab import Choices, Lab
from rtmctl.store import Store, open_store
from tests.postgresql import new_database, server

RTMCTL = Path(sys.executable).with_name("rtmctl")
HANG_S = 120
SITE = """
site: change
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
  border1: {role: border, rack: edge}
tenants:
  red: {policy: flows}
  dmz: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24], racks: [r1]}
  app: {tenant: red, vlan: 20, subnets: [10.9.20.0/24], racks: [r1]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h2: {rack: r1, leaf: leaf2, segment: app}
externals:
  transit: {border: border1, tenant: dmz, asn: 64501, local: 192.0.2.0/31, peer: 192.0.2.1/31, prefix_limit: 10}
"""
FLOW = SITE + "flows:\n  - {from: web, to: app, protocol: tcp, ports: [443]}\n"
SECRET = SITE.replace("prefix_limit: 10}", 'prefix_limit: 10, password: "vault:net/data/transit#md5"}')


@pytest.fixture(scope="module")
def store(root: Path) -> Store:
    return open_store(str(root / "store.db"))


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path, store: Store) -> Iterator[Lab]:
    lab = labs("rules")
    fabric = fabric_of(root, SITE)
    lab.up(fabric, Choices())
    bring_up(network(lab, fabric, store))
    yield lab


def site(lab: Lab, root: Path, store: Store, text: str) -> Network:
    return network(lab, fabric_of(root, text), store)


def operator(lab: Lab, root: Path, store: str, user: str, words: str) -> "subprocess.Popen[str]":
    """A `rtmctl` of its own: another user, another store."""
    environment = {**os.environ, "RTMCTL_SITE": str(root), "RTMCTL_STORE": store, "LOGNAME": user, "NO_COLOR": "1"}
    environment |= {"XDG_STATE_HOME": str(root / user), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [RTMCTL, "--lab", lab.name, "--yes", *words.split()],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def two_at_once(lab: Lab, root: Path, stores: tuple[str, str]) -> None:
    """bob comes while ann, her first wave applied, stands still: he is told who holds it, and she goes through."""
    ann = operator(lab, root, stores[0], "ann", "net apply --soak 2 --override-freeze hotfix")
    assert ann.stdout is not None
    said = ""
    for line in ann.stdout:
        said += line
        if "commit done" in line:
            break
    ann.send_signal(signal.SIGSTOP)  # her lease lasts 30 s, so a busy machine cannot make her finish before him
    try:
        bob = operator(lab, root, stores[1], "bob", "net apply --override-freeze hotfix")
        told, _ = bob.communicate(timeout=HANG_S)
    finally:
        ann.send_signal(signal.SIGCONT)
    rest, _ = ann.communicate(timeout=HANG_S)
    assert ann.returncode == Exit.DONE, said + rest
    assert bob.returncode == Exit.LOCKED, told
    assert "ann@" in told, told


def test_a_freeze_refuses_and_two_operators_do_not_meet(lab: Lab, root: Path, tmp_path: Path) -> None:
    begin, end = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    freeze = f"freeze:\n  - {{start: {begin.isoformat()}, end: {end.isoformat()}, reason: Black Friday, labs: true}}\n"
    fabric_of(root, FLOW + freeze)
    first, second = str(tmp_path / "ann.db"), str(tmp_path / "bob.db")
    refused = operator(lab, root, first, "ann", "net apply")
    said, _ = refused.communicate(timeout=HANG_S)
    assert refused.returncode == Exit.REFUSED, said
    assert "Black Friday" in said
    two_at_once(lab, root, (first, second))
    (row,) = open_store(first).changes("change")
    assert "hotfix" in row.reason and "Black Friday" in row.reason
    assert [one.outcome for one in open_store(second).changes("change")] == ["nothing changed"]


def test_two_operators_with_one_postgresql(lab: Lab, root: Path) -> None:
    fabric_of(root, SITE)
    with server() as url:
        shared = new_database(url, "shared")
        two_at_once(lab, root, (shared, shared))
        rows = open_store(shared).changes("change")
        assert sorted(row.outcome for row in rows) == ["confirmed", "nothing changed"]
        assert {row.by.split("@")[0] for row in open_store(shared).audit_log()} == {"ann", "bob"}


def test_half_of_a_flow_is_refused(lab: Lab, root: Path, store: Store) -> None:
    net = site(lab, root, store, FLOW)
    plan = asyncio.run(make(net))
    assert [wave.devices for wave in plan.stages[0].waves] == [("leaf1",), ("leaf2",)]
    (mixed,) = plan.mixed
    assert mixed.startswith("after wave leafs 1/2: filter-mismatch: ")
    with pytest.raises(Refused, match="after wave leafs 1/2"):
        asyncio.run(carry_out(net, plan, ApplyOptions(commit=CommitMode.WAVE)))
    half = asyncio.run(make(net, PlanOptions(only=("leaf2",))))
    assert half.left_out == ("border1", "leaf1", "spine1", "spine2")
    assert half.outages[0].endswith("; add to --only: leaf1")
    with pytest.raises(Refused, match="add to --only: leaf1"):
        asyncio.run(carry_out(net, half, ApplyOptions()))


def test_what_was_left_waiting_and_reverted_is_known_at_the_next_reading(lab: Lab, root: Path, store: Store) -> None:
    net = site(lab, root, store, FLOW)
    result = asyncio.run(carry_out(net, asyncio.run(make(net)), ApplyOptions(confirm_within_s=5)))
    assert result.outcome is Outcome.UNCONFIRMED, result
    for _ in range(HANG_S):
        plan = asyncio.run(make(net))
        if store.change(result.change).outcome == "reverted":  # type: ignore[union-attr]
            break
        time.sleep(1)
    row = store.change(result.change)
    assert row is not None
    assert row.outcome == "reverted"
    assert "seen at" in row.message
    assert plan.devices == ("leaf1", "leaf2")


def test_a_secret_out_of_a_vault(lab: Lab, root: Path, store: Store) -> None:
    vault = Vault("s.rules", {"net/data/transit": {"md5": "Up-Link-8", "other": "x"}})
    with serving(vault):
        wrong = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": "s.other"}
        net = site(lab, root, store, SECRET)
        with pytest.raises(PermanentError, match="secret vault:net/data/transit#md5: the vault answers 403"):
            asyncio.run(make(replace(net, resolve=resolver(root, wrong))))
        right = wrong | {"VAULT_TOKEN": "s.rules"}
        net = replace(net, resolve=resolver(root, right), plan_key=b"k" * 32)
        plan = asyncio.run(make(net))
        assert plan.devices == ("border1",)
        vault.secrets["net/data/transit"]["md5"] = "Up-Link-9"
        with pytest.raises(StalePlan, match="vault:net/data/transit#md5 changed"):
            asyncio.run(carry_out(replace(net, resolve=resolver(root, right)), plan, ApplyOptions(accept_outage=True)))
        net = replace(net, resolve=resolver(root, right))
        plan = asyncio.run(make(net))
        far_end = ("configure", "router bgp 64501", "neighbor 192.0.2.0 password Up-Link-9")
        lab.run("transit", "vtysh", *(word for line in far_end for word in ("-c", line)))
        result = asyncio.run(carry_out(net, plan, ApplyOptions(accept_outage=True)))
        assert result.outcome is Outcome.CONFIRMED, result
        assert asyncio.run(make(net)).empty
    assert set(vault.asked) == {"/v1/net/data/transit"}
    runs = lab.run("border1", "vtysh", "-c", "show running-config").stdout
    assert "password Up-Link-9" in runs
    for _ in range(HANG_S):
        if "Established" in lab.run("border1", "vtysh", "-c", "show bgp vrf dmz neighbors 192.0.2.1").stdout:
            break
        time.sleep(1)
    else:
        raise AssertionError("the session with the vault's secret does not come up")
    kept = plan_to_json(plan) + repr(store.changes("change")) + repr(store.audit_log())
    kept += "".join(repr(store.journal(row.id)) for row in store.changes("change"))
    assert "Up-Link" not in kept
    assert "{{secret:vault:net/data/transit#md5}}" in plan_to_json(plan)


def test_the_log_of_all_this_is_whole_and_a_cut_is_seen(lab: Lab, root: Path, store: Store) -> None:
    net = site(lab, root, store, SITE)
    names = list(net.platforms)
    report = asyncio.run(verify_log(store, "change", names, net.connect))
    assert (report.exit, report.faults) == (Exit.DONE, ())
    assert report.anchors >= len(names)
    assert {other.split("@")[0] for other in report.others} == {"ann", "bob"}
    last = store.audit_log()[-1].number
    store.close()
    with sqlite3.connect(root / "store.db") as connection:
        connection.execute("DELETE FROM audit WHERE number = ?", (last,))
    report = asyncio.run(verify_log(store, "change", names, net.connect))
    assert report.exit is Exit.VERIFICATION_FAILED
    assert [fault.code for fault in report.faults] == ["audit-cut"]
    assert f"entry {last} was cut off" in report.faults[0].message


def test_a_partner_that_is_down_refuses_unless_named(lab: Lab, root: Path, store: Store) -> None:
    net = site(lab, root, store, SITE.replace("10.9.10.0/24]", "10.9.10.0/24, 10.9.11.0/24]"))
    lab.power_off("leaf2")
    try:
        plan = asyncio.run(make(net, PlanOptions(only=("leaf1",))))
        assert "not looked at on leaf2" in plan.warnings[-1]
        with pytest.raises(Refused, match="leaf2, which stands in for leaf1, does not answer") as refused:
            asyncio.run(carry_out(net, plan, ApplyOptions(accept_outage=True)))
        assert "--degraded" in refused.value.hint
        heard: list[Event] = []
        options = ApplyOptions(degraded=True, accept_outage=True, drain=False)
        result = asyncio.run(carry_out(net, plan, options, emit=heard.append))
        assert result.outcome is Outcome.CONFIRMED, result
        assert any(isinstance(e, Note) and e.text.startswith("degraded: leaf2") for e in heard)
    finally:
        lab.power_on("leaf2")
