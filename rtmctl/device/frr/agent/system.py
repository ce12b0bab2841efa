"""What NAPALM asks of a device beside its network state."""

from __future__ import annotations

import os
from typing import Any

from ...onboard.durable import read_file
from .device import Device


def system(device: Device) -> dict[str, Any]:
    """What NAPALM asks of a device beside its network state; files as text, secrets left out."""

    def text(path: str) -> str:
        try:
            return read_file(os.path.join(device.root, path))
        except OSError:
            return ""

    def folder(path: str) -> list[str]:
        try:
            return sorted(os.listdir(os.path.join(device.root, path)))
        except OSError:
            return []

    users = {}
    for line in text("etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) > 6 and not fields[6].endswith(("nologin", "false", "sync")):
            keys = text(f"{fields[5].lstrip('/')}/.ssh/authorized_keys").splitlines()
            users[fields[0]] = {"uid": int(fields[2]), "keys": [k for k in keys if k and not k.startswith("#")]}
    hwmon = {
        f"{chip}/{name[:-6]}": text(f"sys/class/hwmon/{chip}/{name}").strip()
        for chip in folder("sys/class/hwmon")
        for name in folder(f"sys/class/hwmon/{chip}")
        if name.startswith(("temp", "fan")) and name.endswith("_input")
    }
    ntp = ("etc/chrony/chrony.conf", "etc/ntpsec/ntp.conf", "etc/ntp.conf", "etc/systemd/timesyncd.conf")
    return {
        "uptime_s": float(text("proc/uptime").split()[0]),
        "hostname": os.uname().nodename,
        "fqdn": device.run(["hostname", "--fqdn"], timeout=5).out.strip(),
        "os": text("etc/os-release"),
        "vendor": text("sys/class/dmi/id/sys_vendor").strip(),
        "model": text("sys/class/dmi/id/product_name").strip(),
        "serial": text("sys/class/dmi/id/product_serial").strip(),
        "stat": text("proc/stat").splitlines()[:512],
        "meminfo": text("proc/meminfo"),
        "speeds": {name: text(f"sys/class/net/{name}/speed").strip() for name in folder("sys/class/net")},
        "hwmon": hwmon,
        "users": users,
        "sudoers": [text(f"etc/sudoers.d/{name}") for name in folder("etc/sudoers.d")],
        "ntp": "\n".join(text(path) for path in ntp),
        "chrony": device.run(["chronyc", "-n", "-c", "sources"], timeout=5).out,
        "snmp": text("etc/snmp/snmpd.conf"),
    }
