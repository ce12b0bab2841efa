"""From the first word to the last."""

from __future__ import annotations

import time
from typing import Any

from .control import Control, Gone, leave
from .effort import Keeper, boot_id, lock_memory, make_urgent, stop_collecting
from .loop import Loop
from .sockets import Receiver, Sender, dropped
from .tally import Received


def main(_: list[str]) -> int:
    control = Control()
    try:
        spec = control.begin()
        try:
            probe(spec, control)
        except OSError as error:
            control.say({"type": "failed", "why": str(error)})
            return 1
    except Gone:
        leave()
    return 0


def probe(spec: dict[str, Any], control: Control) -> None:
    """Raises OSError where a socket cannot be opened, and Gone."""
    run, port, echo = spec["run"], spec["port"], spec["echo"]
    keeper = Keeper(int(spec["stall_ms"] * 1e6))
    flows = {flow: Received() for flow in spec["receive"]}
    receivers = [Receiver(address, port, run, flows, echo=echo) for address in spec["addresses"]]
    senders = [Sender(one, run, port, keeper, echo=echo) for one in spec["send"]]
    loop = Loop(senders, receivers, flows, keeper, control, echo=echo)
    locked, realtime = lock_memory(), make_urgent()
    stop_collecting()
    control.say({"type": "ready", "boot": boot_id()})
    while control.await_word() != "go":
        pass
    begin = time.monotonic_ns() + 1_000_000
    control.say({"type": "began", "began_ns": begin + loop.steps.offset, "at_ns": time.time_ns()})
    stopped = loop.send_until(begin, begin + int(spec["duration_s"] * 1e9))
    control.say({"type": "stopped"})
    loop.listen_until("report")
    loop.read()
    loop.steps.look()
    own = {
        "type": "self",
        "began_ns": begin + loop.steps.offset,
        "lasted_s": (stopped - begin) / 1e9,
        "clock_step_ms": loop.steps.worst_ns / 1e6,
        "overflow": sum(dropped(one.sock) for one in receivers),
        "realtime": realtime,
        "locked": locked,
        **keeper.report(),
    }
    came = [found.report(flow) for flow, found in flows.items() if found.count]
    back = [one.echoed.report(one.flow) for one in senders] if echo else []
    control.say(own, *(one.report() for one in senders), *came, *back, {"type": "done"})
