"""ping and traceroute from a VRF."""

from __future__ import annotations

from typing import Any

from ...onboard.programs import plain
from .device import Device


def inside_vrf(device: Device, vrf: str) -> list[str]:
    """The command prefix that puts a process into a VRF, whichever way VRFs are made here."""
    if vrf in ("", "default"):
        return []
    if vrf in device.namespaces():
        return ["ip", "netns", "exec", vrf]
    return ["ip", "vrf", "exec", plain(vrf)]


def ping(
    device: Device,
    target: str,
    vrf: str = "",
    source: str = "",
    count: int = 5,
    size: int = 0,
    df: bool = False,
    timeout_s: float = 2,
    ttl: int = 0,
    interval_s: float = 0.2,
) -> dict[str, Any]:
    """ping(8) from a VRF. `size` is the ICMP payload in bytes, `df` forbids fragments."""
    argv = [
        *inside_vrf(device, vrf),
        "ping",
        "-n",
        "-c",
        str(int(count)),
        "-W",
        f"{timeout_s:g}",
        "-i",
        f"{interval_s:g}",
    ]
    argv += ["-s", str(int(size))] if size else []
    argv += ["-t", str(int(ttl))] if ttl else []
    argv += ["-M", "do"] if df else []
    argv += ["-I", plain(source)] if source else []
    result = device.run([*argv, "--", plain(target)], timeout=count * (timeout_s + interval_s) + 10)
    return {"rc": result.rc, "output": result.out, "stderr": result.err.strip()}


def traceroute(
    device: Device, target: str, vrf: str = "", source: str = "", ttl: int = 30, timeout_s: float = 2, probes: int = 3
) -> dict[str, Any]:
    argv = [
        *inside_vrf(device, vrf),
        "traceroute",
        "-n",
        "-m",
        str(int(ttl)),
        "-w",
        f"{timeout_s:g}",
        "-q",
        str(int(probes)),
    ]
    argv += ["-s", plain(source)] if source else []
    result = device.run([*argv, plain(target)], timeout=ttl * timeout_s + 20)
    return {"rc": result.rc, "output": result.out, "stderr": result.err.strip()}
