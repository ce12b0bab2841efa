"""Everything that is listened to, by file descriptor."""

from __future__ import annotations

import base64
import contextlib
import errno
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from . import flows, spaces
from .counters import Counters, Counts
from .daemons import LOGS, Bfd, Log
from .outlet import Outlet

Reader = Callable[[], None]
AT_ONCE = 256
"""datagrams of one socket before the others are looked at"""


class Sources:
    def __init__(self, out: Outlet) -> None:
        self._out = out
        self._poll = select.epoll()
        self._readers: dict[int, Reader] = {}
        self._counters: dict[str, Counters] = {}
        self._logs: dict[str, Log] = {}
        self._bfd: Bfd | None = None
        self._spaces: set[str] = set()

    def add(self, fd: int, reader: Reader) -> None:
        self._readers[fd] = reader
        self._poll.register(fd, select.EPOLLIN)

    def _drop(self, fd: int) -> None:
        if self._readers.pop(fd, None) is not None:
            with contextlib.suppress(OSError):
                self._poll.unregister(fd)

    def serve(self, until: float) -> None:
        """Read what comes until a time of the monotonic clock, or until the first batch is read."""
        for fd, _ in self._poll.poll(max(0.0, until - time.monotonic())):
            reader = self._readers.get(fd)
            if reader is not None:  # an earlier one of this batch may have closed it
                reader()

    # --- kernel

    def look_for_spaces(self) -> None:
        """Listen in namespaces that are new; what stands in them already is told first."""
        for space in spaces.names():
            if space not in self._spaces:
                self._spaces.add(space)
                try:
                    self._enter(space)
                except OSError as error:
                    if space in spaces.names():  # else it went again
                        self._doubt(f"namespace {space or 'main'} cannot be listened to: {error.strerror or error}")
        self._spaces.intersection_update(spaces.names())

    def _enter(self, space: str) -> None:
        with spaces.inside(space):
            listening = spaces.listen()
            self._counters[space] = Counters()
            self.add(listening.fileno(), lambda: self._kernel(space, listening))
            for data in spaces.dump():
                self._raw("dump", space, data)

    def _kernel(self, space: str, sock: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                data = sock.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.ENOBUFS:
                    self._doubt(f"the kernel dropped events of namespace {space or 'main'}: the buffer was full")
                continue
            if not spaces.is_noise(data):
                self._raw("netlink", space, data)

    def counters(self, late_us: int) -> None:
        found = {space: counts for space, reader in self._counters.items() if (counts := reader.changed())}
        self._out.line("counters", time.time_ns(), late_us, found)

    def all_counters(self) -> dict[str, Counts]:
        return {space: reader.read() for space, reader in self._counters.items()}

    # --- daemons

    def look_for_daemons(self) -> None:
        """Ask daemons that we do not listen to, for they may have been started anew."""
        for name in LOGS:
            if name not in self._logs:
                with contextlib.suppress(OSError):
                    log = self._logs[name] = Log(name)
                    self.add(log.session.fileno(), lambda log=log: self._session(log))  # type: ignore[misc]
        if self._bfd is None:
            with contextlib.suppress(OSError):
                self._bfd = Bfd()
                self.add(self._bfd.sock.fileno(), self._bfd_notified)

    @property
    def settled(self) -> bool:
        """Every daemon that runs has answered."""
        return all(log.live for log in self._logs.values())

    def heard(self) -> list[str]:
        """What answers: daemons whose log is here, and bfd."""
        return [*(name for name, log in self._logs.items() if log.live), *(["bfd"] if self._bfd else [])]

    def _session(self, log: Log) -> None:
        try:
            if log.answered() and log.live is not None and log.live.fileno() not in self._readers:
                self.add(log.live.fileno(), lambda: self._log(log))
                self._out.line("daemon", time.time_ns(), log.daemon, True)
        except BlockingIOError:
            return
        except OSError:
            self._ended(log)

    def _log(self, log: Log) -> None:
        assert log.live is not None
        for _ in range(AT_ONCE):
            try:
                data = log.live.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._ended(log)
                return
            self._raw("log", log.daemon, data)

    def _ended(self, log: Log) -> None:
        if self._logs.get(log.daemon) is not log:
            return
        if log.live is not None:
            self._out.line("daemon", time.time_ns(), log.daemon, False)
            self._drop(log.live.fileno())
        self._drop(log.session.fileno())
        log.close()
        del self._logs[log.daemon]

    def _bfd_notified(self) -> None:
        assert self._bfd is not None
        try:
            for found in self._bfd.read():
                self._out.line("bfd", time.time_ns(), found)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            self._drop(self._bfd.sock.fileno())
            self._bfd.sock.close()
            self._bfd = None

    # --- flows

    def sample(self, ports: list[str], udp_port: int, ms: float, answer: Callable[[Any], None]) -> Callable[[], None]:
        """Begin to look for flows on ports; what it returns ends it and answers."""
        opened: dict[str, socket.socket] = {}
        missing = []
        for port in ports:
            space = next((s for s, c in self.all_counters().items() if port in c), None)
            try:
                if space is None:
                    raise OSError(errno.ENODEV, "no such interface")
                with spaces.inside(space):
                    opened[port] = flows.opened(port, udp_port)
            except OSError as error:
                missing.append(f"{port}: {error.strerror}")
        began = time.time_ns()

        def end() -> None:
            lasted = time.time_ns() - began
            found = [
                [port, *sighted, count]
                for port, sock in opened.items()
                for sighted, count in flows.read(sock, 20_000).items()
            ]
            for sock in opened.values():
                sock.close()
            answer({"lasted_ms": lasted / 1e6, "flows": found, "missing": missing})

        return end

    # --- lines

    def _raw(self, kind: str, of: str, data: bytes) -> None:
        self._out.line(kind, time.time_ns(), of, base64.b64encode(data).decode())

    def _doubt(self, text: str) -> None:
        self._out.line("doubt", time.time_ns(), text)
