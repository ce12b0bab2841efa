"""What runs, section by section."""

from __future__ import annotations

import os
import re
from typing import Any

from ...onboard.errors import AgentError
from ...onboard.programs import last_line
from .device import Device
from .normalform import normal
from .relay import relay_section
from .sections import FILES, hash_of, nft_tables
from .sysctl import live_sysctl


def vtysh(device: Device, *commands: str, timeout: float = 60.0) -> str:
    result = device.run(["vtysh", *(word for c in commands for word in ("-c", c))], timeout=timeout)
    if result.rc != 0:
        raise AgentError("frr", "vtysh", f"`{commands[0]}`: {last_line(result)}", permanent=False)
    return result.out


def frr_version(device: Device) -> str:
    found = re.search(r"FRRouting (\S+)", vtysh(device, "show version"))
    return found[1] if found else ""


def live_nft(device: Device, text: str) -> str:
    out = []
    for table in nft_tables(text):
        result = device.run(["nft", "-s", "list", "table", *table.split()])
        out.append(result.out if result.rc == 0 else f"# no table {table}\n")
    return "".join(out)


def nft_section(device: Device) -> str:
    """The ruleset file, unless the kernel's rules are no longer those that file made."""
    text = device.text_of("nftables")
    if not nft_tables(text):
        return text
    live = live_nft(device, text)
    known = device.load("nft.json")
    if known.get("file") == hash_of({"nftables": text}) and known.get("live") == live:
        return text
    if not known:
        device.save("nft.json", {"file": hash_of({"nftables": text}), "live": live}, anyway=True)
        return text
    return "# the kernel's rules differ from /etc/nftables.conf; they are:\n" + live.replace("# no", "no")


def mask_key(device: Device) -> str:
    """The device's key for masking secrets; made once."""
    document = device.load("key.json")
    if not document:
        document = {"key": os.urandom(16).hex()}
        device.save("key.json", document, anyway=True)
    return str(document["key"])


def read_sections(device: Device) -> dict[str, str]:
    return {
        "frr": vtysh(device, "show running-config no-header"),
        "interfaces": device.text_of("interfaces"),
        "nftables": nft_section(device),
        "sysctl": live_sysctl(device, device.text_of("sysctl")),
        "lldpd": device.text_of("lldpd"),
        "dhcp-relay": relay_section(device),
    }


def running(device: Device) -> dict[str, Any]:
    """What runs in normal form; `raw` is that of sections whose comments the device keeps, so not FRR's."""
    key = mask_key(device)
    raw = read_sections(device)
    version = re.search(r"^frr version (\S+)", raw["frr"], re.MULTILINE)
    sections = {name: normal(name, raw[name], key) for name in FILES}
    frr = version[1] if version else frr_version(device)
    commented = {name: text for name, text in raw.items() if name != "frr"}
    return {"sections": sections, "raw": commented, "hash": hash_of(sections), "version": frr, "mask_key": key}


def startup(device: Device) -> dict[str, Any]:
    """The files that a reboot would load, in normal form."""
    key = mask_key(device)
    return {"sections": {name: normal(name, device.text_of(name), key) for name in FILES}}
