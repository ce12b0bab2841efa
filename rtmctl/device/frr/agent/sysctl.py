"""Kernel parameters, in the main namespace or in that of a VRF."""

from __future__ import annotations

import os

from ...onboard.durable import read_file
from ...onboard.errors import AgentError
from .device import Device
from .sections import sysctls


def sysctl_path(root: str, key: str) -> str:
    """Dots separate levels unless the key is written with slashes, where an interface name may hold dots."""
    parts = key.split("/") if "/" in key else key.split(".")
    return os.path.join(root, "proc/sys", *parts)


def read_sysctl(device: Device, key: str) -> str | None:
    """Live value, looked for in the VRF namespaces when the main one has no such key; None when it is nowhere."""
    try:
        return " ".join(read_file(sysctl_path(device.root, key)).split())
    except (OSError, ValueError):
        pass
    for space in device.namespaces():
        result = device.run(["ip", "netns", "exec", space, "cat", sysctl_path("/", key)])
        if result.rc == 0:
            return " ".join(result.out.split())
    return None


def write_sysctl(device: Device, key: str, value: str) -> str | None:
    """None when it worked or there is no such key (as systemd-sysctl(8) does), else what the kernel said."""
    path = sysctl_path(device.root, key)
    if os.path.exists(path):
        try:
            with open(path, "w") as file:
                file.write(value)
        except OSError as error:
            return f"{key} = {value}: {error.strerror}"
        return None
    for space in device.namespaces():
        if device.run(["ip", "netns", "exec", space, "sysctl", "-qw", f"{key}={value}"]).rc == 0:
            return None
    return None


def live_sysctl(device: Device, text: str) -> str:
    """The file's keys with their live values; a key this kernel does not have stands as in the file."""
    wanted = sysctls(text)
    values = {key: read_sysctl(device, key) for key in wanted}
    lines = (f"{key} = {wanted[key] if value is None else value}\n" for key, value in sorted(values.items()))
    return "".join(lines)


def load_sysctl(device: Device, text: str, strict: bool) -> None:
    problems = [p for key, value in sysctls(text).items() if (p := write_sysctl(device, key, value))]
    if problems and strict:
        raise AgentError("apply", "sysctl", "; ".join(problems[:5]))
