"""A drain for a drill is held by the switch itself: whoever holds it is killed, and the switch is as before."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rtmctl.base import Exit, PermanentError
from rtmctl.change import ApplyOptions, Network, carry_out, make
from rtmctl.device.injection import Held, HoldState, Injection
from rtmctl.drill.drain_holder import DrainHolder
from rtmctl.lab import Choices, Lab
from rtmctl.store import open_store
from tests.lab.change.change_lab import network
from tests.lab.drill.faults_lab import Doomed, ended, fabric, until

LEASE_S = 8.0
KILLS = (("spine1", ("armed", "settling", "active")), ("leaf1", ("committing", "reverting")))
"""switches beside each other, each with its moments one after the other"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def lab(labs: Callable[[str], Lab], root: Path) -> Iterator[Lab]:
    lab = labs("faults-drain")
    lab.up(fabric(root), Choices())
    yield lab


@pytest.fixture(scope="module")
def net(lab: Lab, root: Path) -> Network:
    net = open_network(lab, root, "store")
    assert asyncio.run(carry_out(net, asyncio.run(make(net)), ApplyOptions())).exit is Exit.DONE
    return net


def open_network(lab: Lab, root: Path, store: str) -> Network:
    return network(lab, fabric(root), open_store(str(root / f"{store}.db")))


def drain(node: str) -> Injection:
    """A leaf's hosts have no other way: that is accepted here."""
    return Injection(node, "drain", {"strand": node.startswith("leaf")})


def record(lab: Lab, node: str) -> dict[str, str]:
    """The switch's own record of its change."""
    said = lab.run(node, "cat", "/run/rtmctl/state/record.json").stdout
    return dict(json.loads(said)) if said else {}


def text(lab: Lab, node: str) -> str:
    return lab.run(node, "vtysh", "-c", "show running-config no-header").stdout


def is_drained(lab: Lab, node: str) -> bool:
    return "set community graceful-shutdown" in text(lab, node)


async def steps(holder: DrainHolder) -> tuple[Held, ...]:
    try:
        return (
            await holder.arm("whole", 20),
            await holder.renew(20),
            await holder.inject(),
            await holder.renew(20),
            await holder.revert(),
            await holder.revert(),
            await holder.arm("next", 20),
            await holder.renew(20),
        )
    finally:
        await holder.close()


async def check(holder: DrainHolder) -> str | None:
    try:
        return await holder.check()
    finally:
        await holder.close()


def test_a_switch_is_drained_and_back(lab: Lab, net: Network) -> None:
    before = text(lab, "spine1")
    assert asyncio.run(check(DrainHolder(drain("spine1"), net))) is None
    armed, waiting, active, renewed, restored, again, *anew = asyncio.run(steps(DrainHolder(drain("spine1"), net)))
    assert [h.state for h in (armed, waiting, active, renewed)] == [HoldState.ARMED] * 2 + [HoldState.ACTIVE] * 2
    assert active.began_ns is not None and active.done_ns is not None and active.began_ns < active.done_ns
    assert renewed.expires_in_s == pytest.approx(20, abs=1)
    assert restored.state is again.state is HoldState.RESTORED, restored
    assert restored.before == restored.after == armed.before != ""
    assert [(h.state, h.drill, h.began_ns) for h in anew] == [(HoldState.ARMED, "next", None)] * 2
    assert text(lab, "spine1") == before
    assert net.store.changes("change", 1)[0].outcome == "reverted"


def test_whoever_holds_it_is_killed_at_any_step(lab: Lab, net: Network, root: Path) -> None:
    before = {node: text(lab, node) for node, _ in KILLS}

    def kill_each(node: str, moments: tuple[str, ...]) -> None:
        for moment in moments:
            killed_at(lab, root, node, moment)

    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda kill: kill_each(*kill), KILLS))
    assert {node: text(lab, node) for node, _ in KILLS} == before
    elsewhere = open_network(lab, root, "elsewhere")
    assert asyncio.run(make(elsewhere)).empty


def killed_at(lab: Lab, root: Path, node: str, moment: str) -> None:
    """The switch is waited for without a word to it; then a holder opened elsewhere says how it ended."""
    drill = f"{node}-{moment}"
    imports = (
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from rtmctl.device.injection import Injection\n"
        "from rtmctl.lab import open_lab\n"
        "from tests.lab.drill.test_faults_drain import held_here"
    )
    holder = Doomed(imports, f"held_here({lab.name!r}, {str(root)!r}, {drill!r}, {drain(node)!r})", drill, LEASE_S)
    old = record(lab, node).get("transaction")
    holder.reached("arming")
    holder.reached("armed")
    if moment != "armed":
        holder.go_on()
        until(f"{drill} begins", lambda: record(lab, node).get("transaction") != old, every=0.005)
    if moment == "settling":
        until(f"{drill} is applied", lambda: record(lab, node)["state"] == "applied")
        assert is_drained(lab, node)
    if moment in ("active", "reverting"):
        holder.reached("active")
    if moment == "reverting":
        holder.go_on()
        until(f"{drill} goes back", lambda: record(lab, node).get("step") != "applied", every=0.005)
    holder.kill()
    if moment == "armed":
        assert record(lab, node).get("transaction") == old
        return
    until(f"{drill} is back", lambda: record(lab, node)["state"] == "reverted")
    assert not is_drained(lab, node)
    held = ended(DrainHolder(drain(node), open_network(lab, root, f"{drill}-later")))
    assert held.state is HoldState.RESTORED, held
    assert held.drill == drill
    assert held.before == held.after != ""


async def held_here(lab: str, root: str, store: str, injection: Injection) -> DrainHolder:
    """For a process that is to be killed."""
    from rtmctl.lab import open_lab  # noqa: PLC0415

    return DrainHolder(injection, open_network(open_lab(lab), Path(root), store))


def test_another_takes_it_back_and_the_first_holds_it_no_longer(lab: Lab, net: Network, root: Path) -> None:
    async def both() -> tuple[Held, Held, str]:
        first, second = (
            DrainHolder(drain("spine2"), net),
            DrainHolder(drain("spine2"), open_network(lab, root, "second")),
        )
        try:
            await first.arm("taken", 60)
            await first.inject()
            seen, back = await second.status(), await second.revert()
            with pytest.raises(PermanentError) as raised:
                await first.renew(60)
            return seen, back, raised.value.message
        finally:
            await first.close()
            await second.close()

    seen, back, said = asyncio.run(both())
    assert (seen.state, seen.drill) == (HoldState.ACTIVE, "taken")
    assert (back.state, back.before) == (HoldState.RESTORED, back.after)
    assert "reverted" in said


def test_what_others_change_later_is_no_drill_s(lab: Lab, net: Network, root: Path) -> None:
    """spine2 was drained by a drill once; a hand at its configuration is found by `net drift`, not by recover."""
    lab.run("spine2", "vtysh", "-c", "configure", "-c", "ip prefix-list BY-HAND seq 5 permit 192.0.2.0/24")
    held = ended(DrainHolder(drain("spine2"), open_network(lab, root, "later")))
    assert held.state is HoldState.RESTORED and held.after != held.before
    lab.run("spine2", "vtysh", "-c", "configure", "-c", "no ip prefix-list BY-HAND seq 5 permit 192.0.2.0/24")


def test_refused_before_anything_changes(lab: Lab, net: Network) -> None:
    before = {name: text(lab, name) for name in ("spine1", "leaf1")}
    said = asyncio.run(check(DrainHolder(Injection("leaf1", "drain", {}), net)))
    assert said is not None and "would strand h1" in said
    assert {name: text(lab, name) for name in before} == before
