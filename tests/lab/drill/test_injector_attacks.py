"""Whatever is done to a switch during a drill, the fault is gone within the lease, by nobody's help, and proven so."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rtmctl.device import connect, errors
from rtmctl.device.injecting import RemoteHolder, forget, leftovers
from rtmctl.device.injection import HoldState, Injection
from tests.lab.drill.injector_lab import RUN, STATE, Node, wire_leaf

PORT = {"interfaces": ["swp1"]}
DOG = f"key=$(basename $(ls {RUN}/*.lease) .lease); dog=$(cat {RUN}/$key.guard); "
PAIR = DOG + "guardian=$(awk '{print $4}' /proc/$dog/stat); "
LEASE_S = 3.0
"""from just before the attack"""


@dataclass(frozen=True, slots=True)
class Attack:
    then: str = ""
    """done to the switch once the fault is there"""
    before: str = ""
    after: str = ""
    """clean up"""
    asks: bool = False
    """somebody must ask for the status before it is taken back"""
    says: str = "ran out"


ATTACKS = {
    "nobody renews": Attack(),
    "guard killed": Attack(PAIR + "kill -9 $dog"),
    "guardian killed": Attack(PAIR + "kill -9 $guardian"),
    "guardian, then guard killed": Attack(PAIR + "kill -9 $guardian; sleep 0.6; " + DOG + "kill -9 $dog"),
    "both killed at once": Attack(PAIR + "kill -9 $guardian $dog", asks=True),
    "guard stopped": Attack(PAIR + "kill -STOP $dog"),
    "both stopped": Attack(PAIR + "kill -STOP $guardian $dog", asks=True),
    "SSH daemon killed": Attack("pkill -9 -x sshd; true", after="/usr/sbin/sshd"),
    "records removed": Attack(f"rm -rf {STATE} {RUN}/state"),
    "record damaged": Attack(f"for f in {STATE}/*.json {RUN}/state/*.json; do echo x >$f; done"),
    "lease removed": Attack(f"rm {RUN}/*.lease"),
    "lease damaged": Attack(f"for f in {RUN}/*.lease; do echo x >$f; done"),
    "disk full": Attack(
        f"dd if=/dev/zero of={STATE}/fill bs=1k count=4000 2>/dev/null; rm {STATE}/reserve; "
        f"dd if=/dev/zero of={STATE}/fill2 bs=1k count=4000 2>/dev/null; true",
        before=f"mkdir -p {STATE}; mount -t tmpfs -o size=1m tmpfs {STATE}",
        after=f"umount {STATE}",
    ),
    "disk read-only": Attack(
        f"mount -o remount,ro {STATE}",
        before=f"mkdir -p {STATE}; mount -t tmpfs -o size=1m tmpfs {STATE}",
        after=f"umount {STATE}",
    ),
    "another injector installed": Attack("cp /bin/false /usr/local/lib/rtmctl/injector"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_taken_back(node: Node, attack: str) -> None:
    case = ATTACKS[attack]
    node.sh(case.before)
    try:
        key = node.make("silence", **PORT)
        assert node.silent()
        assert "error" not in node.ask("renew", key=key, drill="d1", lease_s=LEASE_S)
        node.sh(case.then)
        if case.asks:
            node.ask("status")
        assert case.says in node.wait_restored(key)["cause"]
        assert not node.silent()
    finally:
        node.sh(case.after)
        node.install()


def test_where_nothing_can_be_written_the_fault_goes_all_the_same(node: Node) -> None:
    """Disk and memory full, the reserve too: the end cannot be noted before there is room again."""
    small = "mount -t tmpfs -o size=512k tmpfs"
    fill = f"for d in {STATE} {RUN}; do rm -f $d/reserve; dd if=/dev/zero of=$d/fill bs=512 2>/dev/null; done; true"
    node.sh(f"mkdir -p {STATE} {RUN}; {small} {STATE}; {small} {RUN}")
    try:
        key = node.make("silence", **PORT)
        node.ask("renew", key=key, drill="d1", lease_s=LEASE_S)
        node.sh(fill)
        time.sleep(LEASE_S)
        end = time.monotonic() + 20
        while node.silent():
            assert time.monotonic() < end
        assert node.on_disk(key)["state"] != "restored"
        node.sh(f"rm {STATE}/fill {RUN}/fill")
        node.wait_restored(key)
    finally:
        node.sh(f"umount -l {STATE}; umount -l {RUN}")


def test_a_reboot_leaves_nothing(node: Node) -> None:
    keys = [node.make("mtu", mtu=1400, **PORT), node.make("silence", **PORT)]
    node.lab.reboot(node.name)
    for key in keys:
        assert "rebooted" in node.wait_restored(key)["cause"]
    assert node.sh("cat /sys/class/net/swp1/mtu; /usr/sbin/nft list ruleset") == "1500\n"
    wire_leaf(node)


def hidden(node: Node, tool: str) -> Callable[[], None]:
    path = node.sh(f"readlink -f /usr/sbin/{tool}").strip()
    node.sh(f"mv {path} {path}.away")
    return lambda: node.sh(f"test ! -e {path}.away || mv {path}.away {path}") and None


@pytest.mark.parametrize(("tool", "mechanism"), [("nft", "silence"), ("tc", "rate-limit"), ("ip", "link-down")])
def test_without_its_tool_it_is_refused(node: Node, tool: str, mechanism: str) -> None:
    back = hidden(node, tool)
    try:
        reason = node.ask("hello")["mechanisms"][mechanism]
        assert reason is not None and tool in reason
        answer = node.ask("arm", drill="d1", mechanism=mechanism, arguments={**PORT, "mbit": 1.0}, lease_s=5)
        assert "error" in answer and node.ask("status")["held"] == []
    finally:
        back()


def test_a_tool_that_goes_is_told_and_its_return_mends(node: Node) -> None:
    key = node.make("silence", **PORT)
    back = hidden(node, "nft")
    try:
        node.ask("renew", key=key, drill="d1", lease_s=0.1)
        end = time.monotonic() + 20
        while (held := node.ask("status", key=key)["held"][0])["state"] != "broken":
            assert time.monotonic() < end
            time.sleep(0.2)
        assert "nft" in held["failure"] and held["after"] != held["before"]
        assert node.ask("gc")["code"] == "state"
    finally:
        back()
    node.wait_restored(key)
    assert not node.silent()


def test_another_drill_is_refused_and_the_same_is_not(node: Node) -> None:
    key = node.make("loss", percent=50.0, **PORT)
    refused = node.ask("arm", drill="d2", mechanism="mtu", arguments={"mtu": 1400, **PORT}, lease_s=5)
    assert refused["code"] == "locked" and "d1" in refused["error"]
    other = node.make("mtu", mtu=1400, **PORT)
    shared = node.ask("arm", drill="d1", mechanism="addresses-removed", arguments=PORT, lease_s=5)
    assert shared["code"] == "shared" and "link swp1" in shared["error"]
    assert node.ask("inject", key=key, drill="d2")["code"] == "state"
    assert node.ask("renew", key=key, drill="d2", lease_s=100)["code"] == "state"
    for one in (other, key):
        assert node.ask("revert", key=one)["state"] == "restored"


def test_armed_twice_at_once_there_is_one(node: Node) -> None:
    async def both() -> list[object]:
        injection = Injection(node.name, "silence", {"interfaces": ("swp1",)})
        holders = [RemoteHolder(injection, node.way()) for _ in range(2)]
        armed = await asyncio.gather(*(holder.arm("d1", 20) for holder in holders))
        made = await asyncio.gather(*(holder.inject() for holder in holders))
        gone = await asyncio.gather(*(holder.revert() for holder in holders))
        for holder in holders:
            await holder.close()
        assert {held.state for held in armed} == {HoldState.ARMED} and made[0].began_ns == made[1].began_ns
        return [held.state for held in gone]

    assert asyncio.run(both()) == [HoldState.RESTORED] * 2
    assert node.sh("pgrep -fc '[i]njector arm' || true").strip() == "0"


def test_the_agents_lease_keeps_it_out(node: Node) -> None:
    async def work() -> None:
        session = await connect(node.way().endpoint)
        lease = await session.lease("somebody", 30, "change")
        holder = RemoteHolder(Injection(node.name, "silence", {"interfaces": ("swp1",)}), node.way())
        with pytest.raises(errors.Locked, match="somebody"):
            await holder.arm("d1", 5)
        await session.release(lease.fence)
        lease = await session.lease("drill d1", 30, "drill")
        assert (await holder.arm("d1", 5)).state is HoldState.ARMED
        assert (await holder.revert()).state is HoldState.RESTORED
        await session.release(lease.fence)
        await holder.close()
        await session.close()

    asyncio.run(work())
    node.sh("rm -f /var/lib/rtmctl/lease.json /run/rtmctl/state/lease.json")


def test_what_is_left_is_found_and_taken_over(node: Node) -> None:
    async def work() -> None:
        injection = Injection(node.name, "loss", {"interfaces": ("swp1",), "percent": 50.0, "direction": "in"})
        first = RemoteHolder(injection, node.way())
        await first.arm("d1", 60)
        await first.inject()
        await first.close()
        (held,) = await leftovers(node.way())
        assert held.state is HoldState.ACTIVE and held.drill == "d1" and held.injection == injection
        second = RemoteHolder(held.injection, node.way(), held.drill)
        assert (await second.renew(30)).expires_in_s == pytest.approx(30, abs=1)
        with pytest.raises(errors.DeviceError):
            await forget(node.way())
        assert (await second.revert()).state is HoldState.RESTORED
        await second.close()
        assert await leftovers(node.way()) == ()
        await forget(node.way())

    asyncio.run(work())


def test_a_switch_without_an_injector_refuses_by_name(node: Node) -> None:
    node.sh("mv /usr/local/lib/rtmctl/injector /root/away")
    try:

        async def work() -> str | None:
            holder = RemoteHolder(Injection(node.name, "silence", {"interfaces": ("swp1",)}), node.way())
            try:
                assert await leftovers(node.way()) == ()
                return await holder.check()
            finally:
                await holder.close()

        reason = asyncio.run(work())
        assert reason is not None and node.name in reason and "install the injector" in reason
    finally:
        node.sh("mv /root/away /usr/local/lib/rtmctl/injector")


def test_a_drill_that_is_over_is_not_renewed(node: Node) -> None:
    key = node.make("silence", **PORT)
    node.ask("renew", key=key, drill="d1", lease_s=0.1)
    node.wait_restored(key)
    assert "ran out" in node.ask("renew", key=key, drill="d1", lease_s=10)["error"]
    assert node.ask("inject", key=key, drill="d1")["code"] == "state"


def test_what_somebody_changed_meanwhile_is_told(node: Node) -> None:
    key = node.make("silence", **PORT)
    node.sh("echo '! by hand' >>/etc/frr/frr.conf")
    try:
        answer = node.ask("revert", key=key)
        assert answer["state"] == "broken" and "etc/frr/frr.conf" in answer["failure"]
        assert not node.silent()
    finally:
        node.sh("sed -i '/by hand/d' /etc/frr/frr.conf")
    assert node.ask("revert", key=key)["state"] == "restored"
