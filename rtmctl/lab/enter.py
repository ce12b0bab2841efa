"""Command lines that run something inside a node or inside the lab's own namespace."""

from rtmctl.lab.userns import Rootless

_ENVIRONMENT = (
    "env",
    "-i",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C.UTF-8",
    "HOME=/root",
    "TERM=xterm",
)


def inside(pid: int, rootless: Rootless | None, command: tuple[str, ...]) -> list[str]:
    """`command` in all namespaces of process `pid`, with that place's own root and a clean environment."""
    user = ["--user", "--preserve-credentials"] if rootless else []
    namespaces = ["--net", "--mount", "--uts", "--ipc", "--pid"]
    return ["nsenter", f"--target={pid}", *user, *namespaces, "--", *_ENVIRONMENT, *command]
