"""Everything a revert needs, on disk before the first line changes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from ...onboard.durable import prepared
from ...onboard.errors import disk_failure
from ...onboard.sessions import own_session, session_of_this
from .device import Device
from .guarding import ensure_watchdog
from .record import update
from .sections import FILES, nft_tables, sysctls
from .snapshot import snapshot
from .spare import keep, prepare, to_install, uncover
from .stanzas import stanzas
from .sysctl import read_sysctl

RESERVE = 512 * 1024
"""bytes kept aside on the state directory's disk, given up when a record would not fit otherwise"""


def arm(
    device: Device,
    transaction: str,
    fence: int,
    pre_hash: str,
    raw: Mapping[str, str],
    target: Mapping[str, str],
    revert_in_s: float,
) -> None:
    """Everything a revert needs is on disk and its process runs before this returns."""
    try:
        uncover(device)
    except OSError as error:
        raise disk_failure("pre-image", error) from None
    keys = set(sysctls(device.text_of("sysctl"))) | set(sysctls(target["sysctl"]))
    pre = {
        "transaction": transaction,
        "hash": pre_hash,
        "files": {name: keep(device, name) for name in FILES},
        "frr": raw["frr"],
        "relay": raw["dhcp-relay"],
        "sysctl": {key: value for key in sorted(keys) if (value := read_sysctl(device, key)) is not None},
        "kernel": snapshot(device),
        "tables": nft_tables(device.text_of("nftables") + "\n" + target["nftables"]),
        "new_interfaces": sorted(stanzas(target["interfaces"])),
    }
    try:
        fd = os.open(device.path("reserve"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(fd, 0, RESERVE)
        finally:
            os.close(fd)
        device.save("pre.json", pre)
        for name in FILES:
            if to_install(device, name, target[name]):
                prepare(device, name, target[name])
    except OSError as error:
        for name in FILES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(prepared(device.file_of(name)))
        device.remove("reserve")
        raise disk_failure("pre-image", error) from None
    own_session()
    if device.load("record.json").get("transaction") == transaction:
        update(device, state="staged", step="again")  # a watchdog that finds `reverted` thinks its work is done
    device.watch(device, transaction)
    record = {
        "transaction": transaction,
        "fence": fence,
        "state": "armed",
        "step": "armed",
        "boot_id": device.boot_id(),
        "deadline": device.now() + revert_in_s,
        "pre_hash": pre_hash,
        "target_hash": device.load("staged.json")["hash"],
        "failure": None,
        **session_of_this(),
    }
    device.save("record.json", record)


def arm_over(
    device: Device, record: Mapping[str, Any], raw: Mapping[str, str], target: Mapping[str, str], revert_in_s: float
) -> None:
    """Widen the pre-image by what the second target names and the first did not; the timer starts anew."""
    pre = device.load("pre.json")
    new = {key: read_sysctl(device, key) for key in sysctls(target["sysctl"]) if key not in pre["sysctl"]}
    pre["sysctl"].update({key: value for key, value in new.items() if value is not None})
    pre["tables"] = sorted({*pre["tables"], *nft_tables(target["nftables"])})
    pre["new_interfaces"] = sorted({*pre["new_interfaces"], *stanzas(target["interfaces"])})
    try:
        device.save("pre.json", pre)
        for name in FILES:
            if target[name] != raw[name]:
                prepare(device, name, target[name], first=False)
    except OSError as error:
        raise disk_failure("pre-image", error) from None
    own_session()
    deadline = device.now() + revert_in_s
    update(
        device,
        state="armed",
        step="armed",
        deadline=deadline,
        target_hash=device.load("staged.json")["hash"],
        **session_of_this(),
    )
    ensure_watchdog(device, record)
