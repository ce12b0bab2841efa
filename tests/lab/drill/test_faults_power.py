"""A node without power is on again within the lease whoever is killed, and what it has is compared with what it had."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rtmctl.base import Exit, RtmctlError
from rtmctl.cli.lab_hosts import lab_hosts
from rtmctl.device.injecting import HostWay, RemoteHolder
from rtmctl.device.injection import Held, Holder, HoldState, Injection
from rtmctl.drill.holders import held_by_power, power_of
from rtmctl.lab import Choices, Lab
from rtmctl.lab.power import status
from tests.lab.conftest import processes_of
from tests.lab.drill.faults_lab import SITE, Doomed, ended, fabric, folder_of, until

LEASE_S = 6.0
MACHINE = "  h3: {rack: r1, leaf: leaf2, segment: web, systemd: true}\n"
UNIT = "[Service]\nExecStart=/bin/sleep 3141\n"
"""nobody starts it again but the injector"""
MOMENTS = (("spine1", "armed"), ("spine2", "injecting"), ("h1", "active"), ("h2", "reverting"), ("leaf2", "rebooting"))
"""a node a moment, so that all are killed beside each other"""


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = labs("faults-power")
    lab.up(fabric(tmp_path_factory.mktemp("site"), SITE + MACHINE), Choices())
    yield lab


def power(node: str, action: str = "off") -> Injection:
    return Injection(node, "power", {"node": node, "action": action})


def aim(node: str, moment: str) -> Injection:
    return power(node, "reboot" if moment == "rebooting" else "off")


def opened(lab: Lab, injection: Injection) -> Holder:
    return asyncio.run(power_of(lab.name)(injection))


def boots(lab: Lab) -> dict[str, int]:
    return {node.name: node.boots for node in lab.status().nodes}


def runs(lab: Lab, name: str) -> bool:
    return next(node.running for node in lab.status().nodes if node.name == name)


def records(lab: Lab) -> dict[str, dict[str, Any]]:
    """What the supply has on disk, by node."""
    found = [json.loads(path.read_text()) for path in (folder_of(lab).power / "var/lib/rtmctl/drill").glob("*.json")]
    return {one["arguments"]["node"]: one for one in found if "arguments" in one}


def amid(lab: Lab, node: str, step: str) -> None:
    until(step, lambda: records(lab)[node]["state"] == step, every=0.002)


def guards(lab: Lab) -> list[int]:
    """The processes of the supply."""
    return processes_of(folder_of(lab).power)


async def whole(holder: Holder, lease_s: float) -> tuple[Held, ...]:
    try:
        assert await holder.check() is None
        steps = (await holder.arm("whole", lease_s), await holder.inject(), await holder.renew(lease_s))
        return (*steps, await holder.revert())
    finally:
        await holder.close()


@pytest.mark.parametrize("action", ["off", "reboot"])
def test_a_node_loses_power_and_gets_it_back(lab: Lab, action: str) -> None:
    before = boots(lab)["leaf1"]
    armed, active, renewed, restored = asyncio.run(whole(opened(lab, power("leaf1", action)), 60))
    assert [h.state for h in (armed, active, renewed, restored)] == [
        HoldState.ARMED,
        HoldState.ACTIVE,
        HoldState.ACTIVE,
        HoldState.RESTORED,
    ]
    assert restored.before == restored.after == armed.before
    assert boots(lab)["leaf1"] == before + 1
    assert active.began_ns is not None and active.done_ns is not None and active.began_ns <= active.done_ns
    assert sorted(status(folder_of(lab), "leaf1")["daemons"]) >= ["bfdd", "bgpd"]  # type: ignore[type-var,call-overload]


def test_whoever_holds_it_is_killed_at_any_step(lab: Lab) -> None:
    before = boots(lab)
    imports = "from rtmctl.device.injection import Injection\nfrom rtmctl.drill.holders import power_of"
    holders = {
        node: Doomed(imports, f"power_of({lab.name!r})({aim(node, moment)!r})", "killed", LEASE_S)
        for node, moment in MOMENTS
    }
    for holder in holders.values():
        holder.reached("arming")
    for node, moment in MOMENTS:
        holder = holders[node]
        holder.reached("armed")
        if moment != "armed":
            holder.go_on()
        if moment == "injecting":
            amid(lab, node, moment)
        elif moment == "rebooting":
            until("it is off", lambda: not runs(lab, "leaf2"), every=0.002)
        elif moment in ("active", "reverting"):
            holder.reached("active")
            assert not runs(lab, node)
        if moment == "reverting":
            holder.go_on()
            amid(lab, node, moment)
        holder.kill()
    for node, moment in MOMENTS:
        held = ended(opened(lab, aim(node, moment)))
        assert held.state is HoldState.RESTORED, (moment, held)
        assert held.before == held.after != ""
        assert runs(lab, node)
    assert boots(lab)["spine1"] == before["spine1"], "it was armed and never switched off"
    assert all(boots(lab)[node] == before[node] + 1 for node in ("h1", "h2", "leaf2"))
    until("the guards are gone", lambda: not guards(lab))


def test_a_killed_guard_is_replaced_and_one_drill_holds_the_supply(lab: Lab) -> None:
    imports = "from rtmctl.device.injection import Injection\nfrom rtmctl.drill.holders import power_of"
    holder = Doomed(imports, f"power_of({lab.name!r})({power('spine2')!r})", "first", LEASE_S)
    for step in ("arming", "armed"):
        holder.reached(step)
    holder.go_on()
    holder.reached("active")
    other = opened(lab, power("spine1"))
    with pytest.raises(RtmctlError, match=r"power of drill first is active here") as raised:
        asyncio.run(whole(other, LEASE_S))
    assert raised.value.exit is Exit.LOCKED
    (found,) = asyncio.run(held_by_power(lab.name))
    assert (found.injection.node, found.drill, found.state) == ("spine2", "first", HoldState.ACTIVE)
    lock = folder_of(lab).power / f"run/rtmctl/drill/{records(lab)['spine2']['key']}.guard"
    watchdog = int(lock.read_text())
    os.kill(watchdog, signal.SIGKILL)
    until("another watchdog", lambda: lock.read_text() not in ("", str(watchdog)))
    holder.kill()
    assert ended(opened(lab, power("spine2"))).state is HoldState.RESTORED
    assert runs(lab, "spine2")


def test_what_a_boot_does_not_bring_back_is_named(lab: Lab) -> None:
    lab.run("h2", "ip", "addr", "add", "192.0.2.77/32", "dev", "lo")
    *_, ended_as = asyncio.run(whole(opened(lab, power("h2")), 60))
    assert ended_as.state is HoldState.BROKEN
    assert "192.0.2.77/32" in ended_as.failure
    lab.run("h2", "ip", "addr", "add", "192.0.2.77/32", "dev", "lo")
    assert asyncio.run(reverted(opened(lab, power("h2")))).state is HoldState.RESTORED


async def reverted(holder: Holder) -> Held:
    try:
        return await holder.revert()
    finally:
        await holder.close()


def test_a_machine_with_systemd_loses_power(lab: Lab) -> None:
    *_, restored = asyncio.run(whole(opened(lab, power("h3")), 60))
    assert restored.state is HoldState.RESTORED, restored


@pytest.mark.parametrize("attended", [True, False], ids=["reverted", "left alone"])
def test_a_service_killed_is_started_again(lab: Lab, attended: bool) -> None:
    """On a real systemd host; left alone, its own guard does it, which is a unit of systemd there."""
    lab.run("h3", "sh", "-c", "cat >/etc/systemd/system/victim.service", stdin=UNIT)
    lab.run("h3", "systemctl", "restart", "victim")
    asked = {"process": "sleep", "argument": "3141"}

    def state() -> str:
        return lab.run("h3", "systemctl", "is-active", "victim").stdout.strip()

    async def kill() -> Held:
        holder = RemoteHolder(Injection("h3", "process-kill", asked), HostWay(lab_hosts(lab), "h3"))
        try:
            assert await holder.check() is None
            await holder.arm("service", 60 if attended else LEASE_S)
            await holder.inject()
            assert state() == "failed"
            return await holder.revert() if attended else await holder.status()
        finally:
            await holder.close()

    assert state() == "active"
    held = asyncio.run(kill())
    assert held.state is (HoldState.RESTORED if attended else HoldState.ACTIVE)
    until("it runs again", lambda: state() == "active")


def test_what_is_off_or_unknown_is_refused(lab: Lab) -> None:
    async def check(injection: Injection) -> str | None:
        holder = await power_of(lab.name)(injection)
        try:
            return await holder.check()
        finally:
            await holder.close()

    lab.power_off("h1")
    assert asyncio.run(check(power("h1"))) == "h1 is off already"
    lab.power_on("h1")
    assert "has no node 'h9'" in str(asyncio.run(check(power("h9"))))


def test_down_takes_the_supply_with_it(lab: Lab) -> None:
    folder = folder_of(lab)

    async def hold() -> Held:
        holder = await power_of(lab.name)(power("spine1"))
        assert isinstance(holder, RemoteHolder)
        await holder.arm("last", 3600)
        held = await holder.inject()
        await holder.close()
        return held

    assert asyncio.run(hold()).state is HoldState.ACTIVE
    assert guards(lab)
    lab.down()
    assert not guards(lab)
    assert not Path(folder.path).exists()
