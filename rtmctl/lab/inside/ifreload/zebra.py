"""What zebra knows of all this, asked on its own socket."""

import socket
import sys
import time
from collections.abc import Iterable

from .kernel import spaces_now
from .spaces import run_batch
from .wanted import Wanted

ZEBRA = "/run/frr/zebra.vty"
ZEBRA_TIMEOUT_S = 3.0
SETTLE_S = 0.1
"""for zebra to read what was just done"""


def await_zebra(spaces: list[str]) -> None:
    """Until zebra, when it runs, has the namespaces: what it then sees happen it gets right, a half-made state not."""
    deadline = time.monotonic() + ZEBRA_TIMEOUT_S
    try:
        with socket.socket(socket.AF_UNIX) as zebra:
            zebra.settimeout(ZEBRA_TIMEOUT_S)
            zebra.connect(ZEBRA)
            while time.monotonic() < deadline:
                words = [line.split() for line in ask(zebra, "show vrf").splitlines()]
                if set(spaces) <= {w[1] for w in words if w[:1] == ["vrf"] and "id" in w}:
                    return
                time.sleep(0.005)
    except OSError:
        return
    print("ifreload: zebra does not take the new namespaces up", file=sys.stderr)


def introduce(wishes: Iterable[Wanted]) -> None:
    """See that zebra has every address, and give it again where not.

    Since FRR 8.2 zebra reads links in one thread and addresses in another: an address that is read before its new link
    is dropped for good, and a connected route is then missing.
    """
    addressed = [wish for wish in wishes if wish.space and wish.addresses]
    deadline = time.monotonic() + ZEBRA_TIMEOUT_S
    patience = time.monotonic() + SETTLE_S
    try:
        with socket.socket(socket.AF_UNIX) as zebra:
            zebra.settimeout(ZEBRA_TIMEOUT_S)
            zebra.connect(ZEBRA)
            while time.monotonic() < deadline:
                seen = {space: seen_addresses(ask(zebra, f"show interface vrf {space}")) for space in spaces_now()}
                lost = [(w, a) for w in addressed for a in w.addresses if (w.name, a) not in seen.get(w.space, set())]
                if not lost:
                    return
                if time.monotonic() > patience:
                    for wish, address in lost:
                        nodad = " nodad" if ":" in address else ""
                        again = [f"addr del {address} dev {wish.name}", f"addr add {address} dev {wish.name}{nodad}"]
                        run_batch(wish.space, again)
                    patience = time.monotonic() + SETTLE_S
                time.sleep(0.005)
    except OSError:
        return
    print("ifreload: zebra does not take the addresses up", file=sys.stderr)


def seen_addresses(shown: str) -> set[tuple[str, str]]:
    """(interface, address) from zebra's `show interface`."""
    found, name = set(), ""
    for words in (line.split() for line in shown.splitlines()):
        if words[:1] == ["Interface"] and words[2:3] == ["is"]:
            name = words[1]
        elif words[:1] in (["inet"], ["inet6"]):
            found.add((name, words[1]))
    return found


def ask(zebra: socket.socket, command: str) -> str:
    """One command in vtysh's own protocol: the answer ends with three NULs and a status byte."""
    zebra.sendall(command.encode() + b"\0")
    answer = b""
    while answer[-4:-1] != b"\0\0\0":
        part = zebra.recv(65536)
        if not part:
            raise ConnectionResetError
        answer += part
    return answer[:-4].decode(errors="replace")
