"""A change on a real device: applied, confirmed, undone by every way there is."""

import uuid
from typing import Any

import pytest

from rtmctl.device import errors
from rtmctl.device.frr.normal import normal_form
from rtmctl.device.frr.session import FrrSession
from rtmctl.device.types import TransactionState
from rtmctl.model.config import DeviceConfig
from tests.lab.device.conftest import Device, target_for
from tests.lab.device.hooks import QUICK, slow

HOLDER = "tests"


async def change(session: FrrSession, config: DeviceConfig, revert_in_s: float = 60) -> tuple[str, int]:
    """Lease, stage and commit; returns transaction and fence."""
    transaction = uuid.uuid4().hex[:8]
    lease = await session.lease(HOLDER, 120, "test")
    running = await session.running()
    await session.stage(transaction, lease.fence, config)
    await session.commit(transaction, lease.fence, running.hash, revert_in_s)
    return transaction, lease.fence


def test_applied_is_what_runs_and_reverts_to_what_was(device: Device, wanted: DeviceConfig) -> None:
    async def work(session: FrrSession) -> None:
        transaction, fence = await change(session, wanted)
        running = await session.running()
        want = normal_form(wanted, running.mask_key)
        assert {name: running.config.get(name) for name in want.names} == dict(want.sections)
        assert running.raw and running.raw.get("interfaces") == wanted.get("interfaces")
        assert (await session.status()).state is TransactionState.APPLIED
        state = await session.state()
        assert {"vni900", "vlan900"} <= {link.name for link in state.links}
        assert [vni.vni for vni in state.vnis] in ([], [900])
        await session.revert(transaction, fence)
        assert (await session.status()).state is TransactionState.REVERTED

    device.do(work)


def test_confirmed_stays_and_applying_again_changes_nothing(device: Device, wanted: DeviceConfig) -> None:
    async def work(session: FrrSession) -> None:
        first, fence = await change(session, wanted)
        await session.confirm(first, fence)
        before = await session.running()
        links = device.sh("ip -o link | cut -d: -f1,2")
        second, _ = await change(session, wanted)
        assert (await session.running()).hash == before.hash
        assert device.sh("ip -o link | cut -d: -f1,2") == links
        await session.revert(second, fence)
        assert (await session.running()).hash == before.hash

    device.do(work)

    async def undo(session: FrrSession) -> None:
        """Back to the factory: a plan to the old state is a change as any other."""
        factory = device.endpoint()
        address = device.sh("ip -o -4 addr show eth0").split()[3]
        old = DeviceConfig.of(
            {
                "frr": f"frr defaults datacenter\nhostname {factory.name}\nservice integrated-vtysh-config\n",
                "interfaces": f"auto lo\niface lo inet loopback\n\nauto eth0\niface eth0\n    address {address}\n",
                "nftables": "",
                "sysctl": "net.ipv4.ip_forward = 0\n",
            }
        )
        transaction, fence = await change(session, old)
        await session.confirm(transaction, fence)

    device.do(undo)
    device.sh("rm -f /etc/sysctl.d/90-rtmctl.conf; ip link set swp1 mtu 1500 2>/dev/null; true")


def test_an_unconfirmed_change_reverts_by_itself_though_the_connection_is_gone(
    device: Device, wanted: DeviceConfig
) -> None:
    async def work(session: FrrSession) -> None:
        await change(session, wanted, revert_in_s=2)
        session._channel.connection.abort()

    device.do(work)
    assert "ran out" in device.wait("reverted")["failure"]


def test_extend_moves_the_deadline_and_a_late_confirm_is_refused(device: Device, wanted: DeviceConfig) -> None:
    async def work(session: FrrSession) -> None:
        transaction, fence = await change(session, wanted, revert_in_s=3)
        await session.extend(transaction, fence, 30)
        left = (await session.status()).reverts_in_s
        assert left is not None and left > 25
        await session.extend(transaction, fence, 0.05)
        device.wait("reverted")
        with pytest.raises(errors.ChangeReverted):
            await session.confirm(transaction, fence)

    device.do(work)


BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "frr syntax": ({"frr": "router bgp nonsense\n"}, errors.ChangeRefused, "frr"),
    "nft syntax": ({"nftables": "table inet rtmctl { chain x { nonsense } }\n"}, errors.ChangeRefused, "nftables"),
    "interfaces syntax": ({"interfaces": "nonsense here\n"}, errors.ChangeRefused, "interfaces"),
    "unknown interface": ({"interfaces": "+auto swp77\niface swp77\n    mtu 1500\n"}, errors.ChangeReverted, "swp77"),
    "impossible mtu": ({"interfaces": "+auto swp1\niface swp1\n    mtu 70000\n"}, errors.ChangeReverted, "mtu"),
    "value the kernel refuses": ({"sysctl": "net.ipv4.ip_forward = x\n"}, errors.ChangeReverted, "ip_forward"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_target_is_refused_or_reverted_and_says_why(device: Device, wanted: DeviceConfig, case: str) -> None:
    sections, error, word = BAD[case]
    config = wanted
    for name, text in sections.items():
        old = config.get(name).replace("auto swp1\niface swp1\n    mtu 9000\n", "")
        config = config.replace(name, old + text[1:] if text.startswith("+") else text)

    async def work(session: FrrSession) -> None:
        with pytest.raises(error) as caught:
            await change(session, config)
        assert word in str(caught.value) and device.name in str(caught.value)

    device.do(work)


def test_authority_is_on_the_device(device: Device, wanted: DeviceConfig) -> None:
    async def work(session: FrrSession) -> None:
        lease = await session.lease("first", 60, "a change")
        with pytest.raises(errors.Locked, match="first"):
            await session.lease("second", 60, "another")
        await session.stage("t", lease.fence, wanted)
        with pytest.raises(errors.StalePlan):
            await session.commit("t", lease.fence, "0" * 64, 60)
        await session.release(lease.fence)
        newer = await session.lease("second", 60, "another")
        assert newer.fence > lease.fence
        with pytest.raises(errors.Fenced):
            await session.stage("t", lease.fence, wanted)
        with pytest.raises(errors.Fenced):
            await session.commit("t", lease.fence, (await session.running()).hash, 60)

    device.do(work)


def test_a_change_that_hangs_is_killed_at_its_deadline(device: Device, wanted: DeviceConfig) -> None:
    """`ifreload` hangs once, as it does on a driver that never answers."""
    device.sh(slow(1000))
    try:

        async def work(session: FrrSession) -> None:
            with pytest.raises(errors.DeviceError):
                await change(session, wanted, revert_in_s=1)

        device.do(work)
        assert "halfway" in device.wait("reverted")["failure"]
        assert "1000" not in device.sh("pgrep -ax sleep; true")
    finally:
        device.sh(QUICK)


def test_a_full_disk_refuses_before_anything_changes(device: Device, wanted: DeviceConfig) -> None:
    device.sh("mount -t tmpfs -o size=96k tmpfs /var/lib/rtmctl")
    try:

        async def work(session: FrrSession) -> None:
            with pytest.raises(errors.ChangeRefused, match="No space"):
                await change(session, wanted)

        device.do(work)
    finally:
        device.sh("umount /var/lib/rtmctl")


def test_notes_need_the_lease_but_audit_anchors_do_not(device: Device) -> None:
    async def work(session: FrrSession) -> None:
        await session.set_note("audit-head", {"n": 7})
        with pytest.raises(errors.Fenced):
            await session.set_note("drain", {"who": "me"}, fence=999)
        lease = await session.lease(HOLDER, 60, "drain")
        await session.set_note("drain", {"who": "me"}, lease.fence)
        assert await session.note("drain") == {"who": "me"}
        assert set(await session.note_keys()) >= {"drain", "audit-head"}
        await session.delete_note("drain", lease.fence)
        assert await session.note("drain") is None

    device.do(work)


def test_a_pending_change_of_somebody_else_stops_the_next(device: Device, wanted: DeviceConfig) -> None:
    async def work(session: FrrSession) -> None:
        first, fence = await change(session, wanted)
        await session.release(fence)
        lease = await session.lease("other", 60, "another")
        with pytest.raises(errors.ChangeRefused, match=first):
            await session.stage("next", lease.fence, target_for(device, mtu=8000))
        await session.revert(first, lease.fence)

    device.do(work)
