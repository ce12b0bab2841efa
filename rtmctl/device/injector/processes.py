"""Processes as an injection names them: by the program's name, and by a part of their command line."""

from __future__ import annotations

import contextlib
import os
import re
import sys

from ..onboard.clock import state_of
from ..onboard.durable import read_file
from ..onboard.errors import AgentError
from .mechanism import Wanted

NAME = 15
"""bytes of a process' name that the kernel keeps, proc(5)"""


def meant(wanted: Wanted) -> list[int]:
    """Those alive that `process` and `argument` name, but neither PID 1 nor the injector's own."""
    process, argument = _text(wanted, "process"), _text(wanted, "argument")
    if not process:
        raise AgentError("usage", "arguments", "process is to be a program's name")
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = read_file(f"/proc/{entry}/cmdline").rstrip("\0").split("\0")
            named = read_file(f"/proc/{entry}/comm").rstrip("\n") == process[:NAME]
            own = int(entry) in (1, os.getpid()) or sys.argv[0] in words
            if named and not own and argument in " ".join(words) and state_of(int(entry)) not in ("Z", "X", ""):
                found.append(int(entry))
    return sorted(found)


def said(wanted: Wanted) -> str:
    """As an operator names them."""
    argument = _text(wanted, "argument")
    return _text(wanted, "process") + (f" with {argument!r} in its command line" if argument else "")


def unit_of(pid: int) -> str | None:
    """The service of systemd that the process belongs to, by its control group; None when it is of none."""
    for line in read_file(f"/proc/{pid}/cgroup").splitlines():
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if hierarchy == "0" or controllers == "name=systemd":
            found = re.findall(r"/([^/]+\.service)(?=/|$)", path)
            if found:
                return str(found[-1])
    return None


def _text(wanted: Wanted, name: str) -> str:
    value = wanted.arguments.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise AgentError("usage", "arguments", f"{name} is to be a text, not {value!r}")
    return value
