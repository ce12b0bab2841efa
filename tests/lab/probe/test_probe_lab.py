"""Probes between real hosts: what is lost is measured, what was not measured is not claimed, and nothing is left."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
from probe_lab import Probed, agents_in, none_left, probed, signalled

from rtmctl.base import RtmctlError
from rtmctl.probe import ProbeResult, Verdict, orders, run_probe, start_probe

PAIR = ("web1", "web2")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probed]:
    if os.geteuid() != 0:
        pytest.skip("labs in tests run as root")
    folder = tmp_path_factory.mktemp("probed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RTMCTL_LAB_STATE", str(folder / "labs"))
        running = probed(folder)
        try:
            found = running.__enter__()
        except RtmctlError as error:
            pytest.skip(f"no lab here: {error.message}")
        try:
            yield found
        finally:
            running.__exit__(None, None, None)


def test_both_directions_of_many_flows(here: Probed) -> None:
    found = here.probe("loss web1 web2 --flows 4 --rate 200 --duration 1", expect=None)
    assert (found["lost"], len(found["flows"]), found["clock_error_ms"]) == (0, 8, 0)
    assert {(f["source"], f["destination"]) for f in found["flows"]} == {PAIR, PAIR[::-1]}
    assert len({f["source_port"] for f in found["flows"]}) == 8
    assert all(f["sent"] >= 190 and f["latency"]["min_ms"] > 0 for f in found["flows"])
    assert all(agent["stamped"] for agent in found["agents"])


def test_round_trips_with_a_machine_over_ssh(here: Probed) -> None:
    """The machine has a boot id of its own: the bound of the clocks' difference comes from the packets."""
    found = here.probe("latency web1 box1 --flows 1 --rate 50 --duration 1", expect=None)
    assert found["lost"] == 0
    assert all(agent["realtime"] and agent["locked"] for agent in found["agents"]), "it became root there by sudo"
    for flow in found["flows"]:
        assert flow["rtt"]["count"] >= 45
        assert 0 < flow["rtt_network"]["min_ms"] <= flow["rtt"]["min_ms"]
        # no more than the fastest there and the fastest back take together, which are not those of one round trip
        assert 0 < flow["latency"]["clock_error_ms"] < 2 * flow["rtt_network"]["min_ms"]


REFUSALS = {
    "forbidden": ("loss app1 store1", 12, "the gateway filter of app on leaf1 denies udp"),
    "unknown": ("loss web1 wep2", 2, "did you mean 'web2'?"),
    "not ours": ("loss web1 guest1", 1, "guest1 cannot be entered: it is not ours"),
    "too much": ("loss web1 web2 --flows 100", 2, "web1 would send 100,000 packets/s"),
    "nobody": ("loss", 2, "say which hosts"),
    "no IPv6": ("loss web1 web2 -6", 2, "no IPv6 addresses"),
}


@pytest.mark.parametrize(("words", "code", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_measured_is_said_before_anything_runs(here: Probed, words: str, code: int, said: str) -> None:
    assert said in here.shell.run(f"probe {words}", expect=code).err.replace("\n", " ")


def test_all_pairs_leave_out_what_is_forbidden(here: Probed) -> None:
    found = here.probe("loss --all --duration 1", expect=None)
    assert {f["source"] for f in found["flows"]} == {"web1", "web2", "box1"}
    assert found["lost"] == 0
    assert [reason for reason in found["left_out"] if reason.startswith("app1 and store1: ") and "denies udp" in reason]
    assert "guest1 is not ours (managed: false)" in found["left_out"]


def test_an_outage_stands_on_the_clock_of_who_made_it(here: Probed) -> None:
    """Both clocks are this kernel's: no window begins before the cut, or ends before it was mended."""
    port = here.fabric.links_of("leaf1")[0].end("spine1").port
    chain = f"chain c {{ type filter hook ingress device {port} priority 0; policy drop; }}"
    cut = f"date +%s%N; nft 'table netdev gap {{ {chain}; }}'; sleep 0.3; nft delete table netdev gap; date +%s%N"

    async def measure() -> tuple[ProbeResult, list[int]]:
        probe = await start_probe(here.spec(PAIR), here.light)
        await probe.started()
        await asyncio.sleep(0.5)
        done = await asyncio.to_thread(here.lab.run, "spine1", "sh", "-ec", cut)
        assert done.returncode == 0, done.stderr
        await asyncio.sleep(0.5)
        return await probe.stop(), [int(word) for word in done.stdout.split()]

    result, times = asyncio.run(measure())
    assert result.doubts == ()
    assert result.verdict is Verdict.LOSS
    cut_ms, mended_ms = ((at - result.began_ns) / 1e6 for at in times)
    out, back = result.flows
    assert back.lost == 0, "the other direction was not cut"
    [window] = out.windows
    assert window.until_ms is not None
    assert window.length_ms > 250
    slack = result.resolution_ms
    assert cut_ms - slack <= window.start_ms and window.until_ms <= mended_ms + slack + 5
    assert window.start_ms + window.length_ms <= mended_ms + slack


def test_a_stall_below_the_limit_is_no_loss(here: Probed) -> None:
    async def measure() -> ProbeResult:
        probe = await start_probe(here.spec(PAIR), here.light)
        await probe.started()
        for sign in (signal.SIGSTOP, signal.SIGCONT):
            await asyncio.sleep(0.1)
            signalled(here.lab, "web1", sign)
        await asyncio.sleep(0.3)
        return await probe.stop()

    result = asyncio.run(measure())
    assert (result.lost, result.doubts, result.verdict) == (0, (), Verdict.CLEAN)
    assert result.resolution_ms > 90, "what it could not have seen is said"


def test_a_frozen_agent_is_inconclusive(here: Probed) -> None:
    with here.running("loss web1 web2 --flows 1 --rate 200") as probe:
        signalled(here.lab, "web2", signal.SIGSTOP)
        time.sleep(0.5)
        probe.send_signal(signal.SIGINT)
        out, _ = probe.communicate(timeout=60)
    found = json.loads(out)
    assert (probe.returncode, found["verdict"]) == (7, "inconclusive")
    assert [d for d in found["doubts"] if d.startswith("web2: ") and "frozen" in d]
    assert none_left(here.lab, *PAIR)


def test_ctrl_c_ends_with_the_result(here: Probed) -> None:
    with here.running("loss web1 box1 --flows 1 --rate 50") as probe:
        time.sleep(0.5)
        probe.send_signal(signal.SIGINT)
        out, _ = probe.communicate(timeout=60)
    found = json.loads(out)
    assert found["lost"] == 0
    assert all(flow["sent"] > 10 for flow in found["flows"])
    assert none_left(here.lab, "web1", "box1")


def test_nothing_outlives_a_killed_rtmctl(here: Probed) -> None:
    with here.running("loss web1 box1 --flows 1 --rate 50") as probe:
        assert agents_in(here.lab, "web1") and agents_in(here.lab, "box1")
        probe.kill()
        assert none_left(here.lab, "web1", "box1")


def test_a_machine_that_is_cut_off_is_inconclusive_and_its_agent_ends(
    here: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sshd does not notice: the agent ends because nobody speaks to it any more."""
    monkeypatch.setattr(orders, "LEASE_S", 2.0)

    async def measure() -> ProbeResult:
        probe = await start_probe(here.spec(("box1", "box1")), here.machine)
        await probe.started()
        with here.cut_off():
            assert await asyncio.to_thread(none_left, here.lab, "box1")
            return await probe.stop()

    result = asyncio.run(measure())
    assert (result.verdict, result.flows) == (Verdict.INCONCLUSIVE, ())
    assert result.doubts[0].startswith("box1: ")


def test_no_file_is_left_on_a_host(here: Probed) -> None:
    find = ("find", "/tmp", "/run", "/var", "/root", "/home", "-xdev", "-newer", "/tmp/.mark", "-type", "f")
    here.lab.run("box1", "touch", "/tmp/.mark")
    time.sleep(1.1)
    asyncio.run(run_probe(here.spec(("box1", "box1")), here.machine, stop=_soon()))
    found = here.lab.run("box1", *find).stdout.split()
    assert [path for path in found if not path.startswith(("/run/systemd/", "/run/log/", "/var/log/"))] == []


def _soon() -> asyncio.Event:
    stop = asyncio.Event()
    stop.set()
    return stop
