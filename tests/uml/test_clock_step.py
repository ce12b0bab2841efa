"""A clock is stepped and put back, on a kernel whose clock may be stepped: that of a lab is its machine's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rtmctl.device.injecting.program import injector_file
from rtmctl.device.injector.record import key_of
from rtmctl.lab import image
from rtmctl.lab.recipes import SWITCH_FRR8

from . import uml

TIMEOUT_S = 300
FORWARD, BACK = 3600.0, -7200.0
LEASE_S = 20.0
NEAR_S = 2
"""whole seconds of two clocks, read one after the other"""

SCRIPT = """
coproc INJECTOR {{ {injector} serve; }}
tell() {{ echo "clock $1 $(date +%s) $(cut -d. -f1 /proc/uptime)"; }}
ask() {{
    echo "$2" >&"${{INJECTOR[1]}}"; read -r _ <&"${{INJECTOR[0]}}"; read -r answer <&"${{INJECTOR[0]}}"
    echo "answer $1 $answer"; tell "$1"
}}
tell before
{requests}
for _ in $(seq 60); do grep -q '"state": "restored"' {record} && break; sleep 1; done
echo "answer left-alone $(cat {record})"
tell left-alone
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, int]]:
    """By step: the injector's answers, and by how many seconds the clock is ahead of the kernel's uptime."""
    if lacking := uml.missing():
        pytest.skip(f"needs {lacking}")
    shared = tmp_path_factory.mktemp("clock")
    program = shared / "injector"
    program.write_bytes(injector_file())
    program.chmod(0o755)
    requests = "\n".join(f"ask {name} '{json.dumps(request)}'" for name, request in _requests())
    record = f"/var/lib/rtmctl/drill/{_key(BACK)}.json"
    script = SCRIPT.format(injector=program, requests=requests, record=record)
    status, output = uml.run(script, shared, image.ensure(SWITCH_FRR8), TIMEOUT_S, "512M")
    print(output)
    assert status == 0
    words = [line.split(" ", 2) for line in output.splitlines() if line.startswith(("answer ", "clock "))]
    clocks = {name: [int(n) for n in rest.split()] for kind, name, rest in words if kind == "clock"}
    answers = {name: json.loads(rest) for kind, name, rest in words if kind == "answer"}
    return answers, {name: wall - uptime for name, (wall, uptime) in clocks.items()}


def _requests() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, step_s, lease_s in (("forward", FORWARD, 300.0), ("back", BACK, LEASE_S)):
        asked = {"mechanism": "clock-step", "arguments": {"step_s": step_s}}
        made = {"key": _key(step_s), "drill": "clocks"}
        yield f"{name}-arm", {"verb": "arm", "arguments": {**asked, "drill": "clocks", "lease_s": lease_s}}
        yield f"{name}-inject", {"verb": "inject", "arguments": made}
        if name == "forward":
            yield f"{name}-revert", {"verb": "revert", "arguments": {"key": made["key"]}}


def _key(step_s: float) -> str:
    return key_of("clock-step", {"step_s": step_s})


def test_the_clock_jumps_and_is_put_back(said: tuple[dict[str, Any], dict[str, int]]) -> None:
    answers, offsets = said
    assert abs(offsets["forward-arm"] - offsets["before"]) <= NEAR_S
    assert abs(offsets["forward-inject"] - offsets["before"] - FORWARD) <= NEAR_S
    assert abs(offsets["forward-revert"] - offsets["before"]) <= NEAR_S
    assert answers["forward-revert"]["state"] == "restored"
    assert 0 <= answers["forward-inject"]["done_ns"] - answers["forward-inject"]["began_ns"] < 10**9


def test_left_alone_it_is_put_back_by_the_lease(said: tuple[dict[str, Any], dict[str, int]]) -> None:
    """The lease runs on a clock that is not stepped, though this one went back by hours."""
    answers, offsets = said
    assert abs(offsets["back-inject"] - offsets["before"] - BACK) <= NEAR_S
    assert abs(offsets["left-alone"] - offsets["before"]) <= NEAR_S
    assert answers["left-alone"]["state"] == "restored"
    assert answers["left-alone"]["cause"] == "the lease ran out"
