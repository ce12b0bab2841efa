"""Facts, environment, users, NTP and SNMP in NAPALM's models."""

import re
from collections.abc import Mapping
from typing import Any

from napalm.base import models

Json = Mapping[str, Any]
ADMIN, OTHER = 15, 1


def facts(system: Json, frr: str, names: list[str]) -> models.FactsDict:
    pretty = re.search(r'^PRETTY_NAME="?([^"\n]*)', system["os"], re.MULTILINE)
    return {
        "os_version": f"FRRouting {frr} on {pretty[1] if pretty else 'Linux'}",
        "uptime": float(system["uptime_s"]),
        "interface_list": names,
        "vendor": str(system["vendor"] or "FRRouting"),
        "serial_number": str(system["serial"]),
        "model": str(system["model"] or "Linux"),
        "hostname": str(system["hostname"]),
        "fqdn": str(system["fqdn"] or system["hostname"]),
    }


def environment(before: Json, after: Json) -> models.EnvironmentDict:
    """CPU use between two readings of /proc/stat; sensors from hwmon where the hardware has any."""
    memory = {k: int(v) * 1024 for k, v in re.findall(r"^(\w+):\s+(\d+) kB", after["meminfo"], re.MULTILINE)}
    available = memory.get("MemAvailable", 0)
    first, last = _cpu(before), _cpu(after)
    usage = {}
    for number, (busy, total) in last.items():
        was = first.get(number, (0, 0))
        spent = total - was[1]
        usage[number] = {"%usage": round(100.0 * (busy - was[0]) / spent, 1) if spent > 0 else 0.0}
    return {
        "fans": {name: {"status": value != "0"} for name, value in after["hwmon"].items() if "/fan" in name},
        "temperature": {
            name: {"temperature": int(value) / 1000, "is_alert": False, "is_critical": False}
            for name, value in after["hwmon"].items()
            if "/temp" in name and value.lstrip("-").isdigit()
        },
        "power": {},
        "cpu": usage,
        "memory": {"available_ram": memory.get("MemTotal", 0), "used_ram": memory.get("MemTotal", 0) - available},
    }


def _cpu(system: Json) -> dict[int, tuple[int, int]]:
    """CPU number to (busy, total) ticks (proc_stat(5))."""
    found = {}
    for line in system["stat"]:
        match = re.match(r"cpu(\d+) (.*)", line)
        if match:
            ticks = [int(x) for x in match[2].split()[:8]]
            total = sum(ticks)
            found[int(match[1])] = (total - ticks[3] - ticks[4], total)
    return found


def users(system: Json) -> dict[str, models.UsersDict]:
    """Who may become root through sudo is an administrator. Passwords are never told."""
    sudoers = set(re.findall(r"^(\w[\w.-]*)\s+\S+=", "\n".join(system["sudoers"]), re.MULTILINE))
    return {
        name: {
            "level": ADMIN if about["uid"] == 0 or name in sudoers else OTHER,
            "password": "",
            "sshkeys": about["keys"],
        }
        for name, about in system["users"].items()
    }


def ntp_servers(system: Json) -> dict[str, dict[str, Any]]:
    """From chrony, ntpsec or timesyncd."""
    lines = re.findall(r"^\s*(?:server|pool|peer)\s+(\S+)", system["ntp"], re.MULTILINE)
    timesyncd = re.findall(r"^\s*NTP=(.*)$", system["ntp"], re.MULTILINE)
    return {name: {} for name in [*lines, *(word for line in timesyncd for word in line.split())]}


def ntp_peers(system: Json) -> dict[str, models.NTPPeerDict]:
    return {name: {} for name in re.findall(r"^\s*peer\s+(\S+)", system["ntp"], re.MULTILINE)}


def ntp_stats(system: Json) -> list[models.NTPStats]:
    """`chronyc -c sources`: mode, state, name, stratum, poll, reach, last rx, adjusted, measured, error."""
    found: list[models.NTPStats] = []
    for line in system["chrony"].splitlines():
        fields = line.split(",")
        if len(fields) >= 10:
            found.append(
                {
                    "remote": fields[2],
                    "referenceid": "",
                    "synchronized": fields[1] == "*",
                    "stratum": int(fields[3]),
                    "type": {"^": "u", "=": "s", "#": "l"}.get(fields[0], "-"),
                    "when": fields[6],
                    "hostpoll": 2 ** int(fields[4]),
                    "reachability": int(fields[5], 8),
                    "delay": 0.0,
                    "offset": float(fields[8]) * 1000,
                    "jitter": float(fields[9]) * 1000,
                }
            )
    return found


def snmp(system: Json) -> models.SNMPDict:
    text = system["snmp"]

    def value(name: str) -> str:
        found = re.search(rf"^{name}\s+(.*)$", text, re.MULTILINE)
        return found[1].strip() if found else ""

    communities = re.findall(r"^(ro|rw)community6?\s+(\S+)(?:\s+(\S+))?", text, re.MULTILINE)
    return {
        "chassis_id": str(system["serial"]),
        "community": {name: {"acl": acl, "mode": mode} for mode, name, acl in communities},
        "contact": value("sysContact"),
        "location": value("sysLocation"),
    }
