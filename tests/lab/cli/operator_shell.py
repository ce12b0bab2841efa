"""The operator's shell of a test: the real `rtmctl` as a process, with a site, a store and labs of its own."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

RTMCTL = Path(sys.executable).with_name("rtmctl")
HANG_S = 150


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Shell:
    """One operator at one machine: same site folder and lab for all, a store of one's own."""

    site: Path
    labs: Path
    store: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "RTMCTL_SITE": str(self.site),
            "RTMCTL_LAB_STATE": str(self.labs),
            "RTMCTL_STORE": str(self.store),
            "NO_COLOR": "1",
        }

    def run(self, words: str, *, expect: int | None = 0) -> Done:
        """Run `rtmctl WORDS`; `expect` is the exit code it must end with, None leaves that to the caller."""
        done = subprocess.run(
            [RTMCTL, *words.split()],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANG_S,
            check=False,
        )
        result = Done(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in result.said, f"rtmctl {words}:\n{result.said}"
        if expect is not None:
            assert result.code == expect, f"rtmctl {words} ended with {result.code}:\n{result.said}"
        return result

    def begin(self, words: str, log: Path) -> "subprocess.Popen[str]":
        """Start it with all it says in `log`."""
        with log.open("w") as file:
            return subprocess.Popen(
                [RTMCTL, *words.split()],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def at(self, words: str, moment: str, log: Path, strike: "signal.Signals") -> Done:
        """Run it, and send `strike` as soon as it has said `moment`."""
        process = self.begin(words, log)
        wait_for(moment, log, process)
        process.send_signal(strike)
        code = process.wait(HANG_S)
        return Done(code, log.read_text(), "")


def wait_for(moment: str, log: Path, process: "subprocess.Popen[str]") -> None:
    """Until `moment` stands in the log.

    Raises:
        AssertionError: the process ended before.
    """
    while moment not in log.read_text():
        assert process.poll() is None, f"ended with {process.returncode} before {moment!r}:\n{log.read_text()}"
        time.sleep(0.02)
