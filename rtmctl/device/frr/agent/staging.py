"""A target on the device: checked, kept, not yet running."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...onboard.durable import write_file
from ...onboard.errors import AgentError, disk_failure
from ...onboard.programs import last_line
from .device import Device
from .lease import check_fence
from .merge import merged
from .normalform import normal, revealed
from .record import PENDING, refuse_pending
from .relay import check_relay
from .running import mask_key, read_sections, vtysh
from .sections import hash_of, normal_lines, split_sections
from .spare import forget_files
from .stanzas import stanzas


def target_of(device: Device, text: str, merge: bool) -> dict[str, str]:
    sections = split_sections(text)
    if merge:
        raw = read_sections(device)
        sections = {name: merged(name, raw[name], new) for name, new in sections.items()}
    if "hmac:" in sections.get("frr", ""):
        sections["frr"] = revealed(sections["frr"], vtysh(device, "show running-config no-header"), mask_key(device))
    return sections


def check_syntax(device: Device, sections: Mapping[str, str]) -> None:
    stanzas(sections.get("interfaces", ""))
    if normal_lines(sections.get("dhcp-relay", "")):
        check_relay(device, sections["dhcp-relay"])
    checks = {"frr": ["vtysh", "-C", "-f"], "nftables": ["nft", "-c", "-f"]}
    for section, command in checks.items():
        if not normal_lines(sections.get(section, "")):
            continue
        path = os.path.join(device.run_dir, f"check.{section}")
        write_file(path, sections[section])
        result = device.run([*command, path])
        os.unlink(path)
        if result.rc != 0:
            lines = [x for x in (result.out + result.err).splitlines() if "%" in x or "rror" in x or "line" in x]
            raise AgentError("syntax", section, "; ".join(lines[:5]).replace(path, section) or last_line(result))


def check(device: Device, text: str, merge: bool = False) -> dict[str, Any]:
    """What `stage` would make of it, in normal form; needs no lease and keeps nothing."""
    sections = target_of(device, text, merge)
    check_syntax(device, sections)
    key = mask_key(device)
    return {"sections": {name: normal(name, section, key) for name, section in sections.items()}}


def stage(device: Device, transaction: str, fence: int, text: str, merge: bool = False) -> dict[str, Any]:
    """Check a target's syntax and keep it; changes nothing that runs. `merge`: over what runs now."""
    if not transaction:
        raise AgentError("usage", "stage", "a transaction needs an id")
    sections = target_of(device, text, merge)
    with device.lock():
        check_fence(device, fence, "stage", alive=True)
        refuse_pending(device, transaction, "stage")
        if device.load("record.json").get("state") not in PENDING:
            forget_files(device)  # of a commit that was killed before it was armed
        check_syntax(device, sections)
        key = mask_key(device)
        target = hash_of({n: normal(n, t, key) for n, t in sections.items()})
        document = {"transaction": transaction, "fence": fence, "sections": sections, "hash": target}
        try:
            device.save("staged.json", document)
        except OSError as error:
            raise disk_failure("stage", error) from None
        return {"transaction": transaction, "target_hash": target}
