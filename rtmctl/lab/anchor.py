"""Starting a lab's first process and speaking to it. Its own side is `inside/anchor.py`."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtmctl.base import PermanentError, TemporaryError
from rtmctl.lab.layout import LabFolder
from rtmctl.lab.process import Process, children_of, running
from rtmctl.lab.userns import Rootless

_PROGRAM = Path(__file__).parent / "inside" / "anchor.py"
_MAX_DESCRIPTORS = 4
_REMEDY = "if it stays so: `rtmctl lab down` removes the lab, `up` makes it anew"


@dataclass(frozen=True, slots=True)
class Reply:
    """The anchor's answer; the caller owns the descriptors."""

    fields: Mapping[str, Any]
    descriptors: tuple[int, ...]


def launch(folder: LabFolder, rootless: Rootless | None, record: Callable[[Process], None]) -> Process:
    """Start the anchor in namespaces of its own. It does nothing until `record` has put it on disk.

    Raises:
        PermanentError: a namespace was refused; the message is unshare's.
    """
    folder.live.mkdir(exist_ok=True)
    folder.socket.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, folder.log.open("ab") as log:
        _at_folder(folder.path, lambda path: listener.bind(f"{path}/{folder.socket.name}"))
        folder.socket.chmod(0o600)
        listener.listen(128)
        options = rootless.unshare_options() if rootless else ()
        namespaces = ("--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")
        python = (sys.executable, "-S", "-E", str(_PROGRAM), str(listener.fileno()), str(folder.path))
        wrapper = subprocess.Popen(
            ["unshare", *options, *namespaces, *python],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
            cwd="/",
        )
    assert wrapper.stdin is not None
    child = _await_child(wrapper, folder)
    anchor = Process.of(child)
    record(anchor)
    with wrapper.stdin as go:
        go.write(b"go\n")
    return anchor


def find(folder: LabFolder) -> tuple[Process, ...]:
    """A lab's first process and the one that made its namespaces, by their command lines: without any state file."""
    return running(lambda words: words[-1:] == [str(folder.path)] and words[-3:-2] == [str(_PROGRAM)])


def _await_child(wrapper: "subprocess.Popen[bytes]", folder: LabFolder) -> int:
    """The anchor itself: unshare forks helpers for the id maps too, and its own fork is the anchor only after exec."""
    while wrapper.poll() is None:
        for child in children_of(wrapper.pid):
            try:
                words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            except OSError:
                continue
            if words[0] == sys.executable:
                return child
        try:
            wrapper.wait(0.002)
        except subprocess.TimeoutExpired:
            continue
    lines = folder.log.read_text(errors="replace").splitlines()
    raise PermanentError(f"the lab's first process did not start: {lines[-1] if lines else 'no message'}")


def request(folder: LabFolder, timeout_s: float = 30.0, **fields: Any) -> Reply:
    """One request, one answer.

    Raises:
        TemporaryError: the lab does not run.
        PermanentError: the anchor refused; the message is its own.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            _at_folder(folder.path, lambda path: connection.connect(f"{path}/{folder.socket.name}"))
            connection.sendall(json.dumps(fields).encode() + b"\n")
            data, descriptors, _, _ = socket.recv_fds(connection, 65536, _MAX_DESCRIPTORS)
            while not data.endswith(b"\n"):
                more = connection.recv(65536)
                if not more:
                    break
                data += more
        except OSError as error:
            raise TemporaryError(f"lab {folder.path.name} does not answer: {error}", hint=_REMEDY) from error
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    if not data.endswith(b"\n"):
        for descriptor in descriptors:
            os.close(descriptor)
        raise TemporaryError(f"lab {folder.path.name} went away amid its answer", hint=_REMEDY)
    answer = json.loads(data)
    if "error" in answer:
        for descriptor in descriptors:
            os.close(descriptor)
        raise PermanentError(f"lab {folder.path.name}: {answer['error']}")
    return Reply(answer, tuple(descriptors))


def pid_of(pidfd: int) -> int:
    """The number, in this process' own PID namespace, of the process a descriptor refers to."""
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise ProcessLookupError(pidfd)


def _at_folder(folder: Path, act: Callable[[str], None]) -> None:
    """A unix socket's path is limited to 107 bytes; through a descriptor of its folder it is always short."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        act(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
