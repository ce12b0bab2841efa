"""The production form travels in the lab form, as comments that ifupdown2 and the agent keep.

    # production interfaces: auto shop
    # production sysctl: net.ipv4.neigh.default.gc_thresh1 = 8192

They stand in `interfaces`: FRR drops comments, and sysctl is read back from the kernel. Whoever reads the file on a
lab's switch sees what the lab's form stands for; `restore` reads it back.
"""

import re

from rtmctl.model.config import DeviceConfig

_LINE = re.compile(r"^# production (interfaces|sysctl):(?: (.*))?\n", re.MULTILINE)


def carry(production: DeviceConfig, lab: DeviceConfig) -> DeviceConfig:
    """The lab form with what it lacks of the production form."""
    kept = set(lab.get("sysctl").splitlines())
    lines = [f"sysctl: {line}" for line in production.get("sysctl").splitlines() if line not in kept]
    if lab.get("interfaces") != production.get("interfaces"):
        lines += [f"interfaces: {line}".rstrip() for line in production.get("interfaces").splitlines()]
    head = "".join(f"# production {line}\n" for line in lines)
    return lab.replace("interfaces", head + lab.get("interfaces"))


def carried(lab: DeviceConfig) -> DeviceConfig:
    """The lab form with its `interfaces` and `sysctl` as they were; inverse of `carry`. Other text is its own."""
    found: dict[str, str] = {"interfaces": "", "sysctl": ""}
    for section, line in _LINE.findall(lab.get("interfaces")):
        found[section] += f"{line}\n"
    interfaces = found["interfaces"] or without(lab.get("interfaces"))
    return lab.replace("interfaces", interfaces).replace("sysctl", lab.get("sysctl") + found["sysctl"])


def without(interfaces: str) -> str:
    """The section without what it carries."""
    return _LINE.sub("", interfaces)
