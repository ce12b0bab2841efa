"""A fabric of two spines and two leafs in a lab, and drills run on it by the real `rtmctl`, watched and disturbed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtmctl.lab import Lab

RTMCTL = Path(sys.executable).with_name("rtmctl")
HANG_S = 150.0
LEASE_S = 3.0
INJECTOR = "/usr/local/lib/rtmctl/injector"
SITE = """\
site: engine
switches:
  spine[1-2]: {role: spine}
  leaf[1-2]: {role: leaf, rack: r1}
tenants:
  red: {}
segments:
  web: {tenant: red, vlan: 10, subnets: [10.9.10.0/24]}
hosts:
  h1: {rack: r1, leaf: leaf1, segment: web}
  h2: {rack: r1, leaf: leaf2, segment: web}
  h3: {rack: r1, leaf: leaf1, segment: web}
"""
SHORT = f"before_s: 0.6\nhold_s: 1.5\nafter_s: 0.6\nlease_s: {LEASE_S:g}\n"
LIGHT = "load: {pairs: [[h1, h2]], per_pair: 2, rate_pps: 200}\n"
DRILLS = {
    # no session goes down by it, so that the network is steady again at once
    "shrunk": f"fault: mtu-shrunk\ntarget: spine1:leaf1\noptions: {{mtu: 1400}}\n{LIGHT}{SHORT}",
    "idle": "fault: mtu-shrunk\ntarget: spine1:leaf1\nload: {pairs: [[h1, h3]], per_pair: 2, rate_pps: 200}\n" + SHORT,
    "silent": "fault: silent-link\ntarget: spine1:leaf1\nload: {pairs: [[h1, h2]], rate_pps: 500}\n",
}


@dataclass
class Running:
    """`rtmctl drill run` at work; its events are read from standard error as they come."""

    process: "subprocess.Popen[str]"
    events: list[Mapping[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def until(self, wanted: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """The first event of those to come that is wanted."""
        for event in self._read():
            if wanted(event):
                return event
        raise AssertionError(f"it ended before: {self.said} {self.events[-3:]}")

    def at(self, event: str, step: str) -> Mapping[str, Any]:
        return self.until(lambda one: one["event"] == event and one.get("step") == step)

    def _read(self) -> Iterator[Mapping[str, Any]]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            try:
                self.events.append(json.loads(line))
            except ValueError:
                self.said.append(line)
                continue
            yield self.events[-1]

    def end(self) -> tuple[int, dict[str, Any]]:
        """(exit code, report), the report empty where there is none."""
        for _ in self._read():
            pass
        out, _ = self.process.communicate(timeout=HANG_S)
        text = out.strip().splitlines()
        assert "Traceback" not in "".join(self.said), self.said
        return self.process.returncode, json.loads(text[-1]) if text else {}

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@dataclass(frozen=True)
class Range:
    """Where drills are run."""

    lab: Lab
    site: Path
    folder: Path
    text: str = SITE

    def up(self) -> None:
        (self.site / "drills").mkdir(parents=True)
        (self.site / "site.yaml").write_text(self.text)
        for name, text in DRILLS.items():
            (self.site / "drills" / f"{name}.yaml").write_text(f"drill: {name}\n{text}")
        for words in ("net lock", "lab up", "net apply --yes"):
            assert self.rtmctl(words) == 0, words

    def environment(self, store: str = "store") -> dict[str, str]:
        return {
            **os.environ,
            "RTMCTL_SITE": str(self.site),
            "RTMCTL_STORE": str(self.folder / f"{store}.db"),
            "NO_COLOR": "1",
        }

    def rtmctl(self, words: str, store: str = "store") -> int:
        done = self.ask(words, store)
        return done.returncode

    def ask(self, words: str, store: str = "store") -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [RTMCTL, *words.split()],
            env=self.environment(store),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANG_S,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done
        return done

    def begin(self, words: str, store: str = "store") -> Running:
        process = subprocess.Popen(
            [RTMCTL, *words.split(), "--output", "json"],
            env=self.environment(store),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Running(process)

    def drill(self, words: str) -> tuple[int, dict[str, Any]]:
        return self.begin(f"drill run {words}").end()

    def held(self) -> list[dict[str, Any]]:
        """What spine1's own injector says of every injection it knows."""
        answer = json.loads(self.lab.run("spine1", INJECTOR, "status").stdout)
        return list(answer["held"])

    def is_gone(self) -> bool:
        """By hash: nothing is held, and what was is as before. By packets: large ones cross the cable again."""
        held = self.held()
        ended = all(one["state"] == "restored" and one["before"] == one["after"] for one in held)
        return ended and self.crosses()

    def crosses(self) -> bool:
        """Whether a packet as large as the fabric's MTU allows crosses leaf1-spine1 and is answered."""
        said = self.lab.run("spine1", "ip", "-6", "-o", "addr", "show", "dev", "swp1", "scope", "link").stdout
        far = said.split("inet6 ")[1].split("/")[0]
        ping = ("ping", "-6", "-c", "1", "-W", "1", "-M", "do", "-s", "1500", f"{far}%swp49")
        return self.lab.run("leaf1", *ping).returncode == 0

    def gone_within(self, seconds: float) -> float:
        """How long it took; an assertion when it took longer."""
        begun = time.monotonic()
        while not self.is_gone():
            assert time.monotonic() - begun < seconds, self.held()
            time.sleep(0.1)
        return time.monotonic() - begun


def send(running: Running, number: signal.Signals) -> None:
    running.process.send_signal(number)
