"""Apply steps: each makes one section's file what runs. And the proof that it does."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping

from ...onboard.durable import write_file
from ...onboard.errors import AgentError
from ...onboard.programs import COMMAND_TIMEOUT_S, last_line
from .device import Device
from .frrtext import differences, is_factory, with_hollow_blocks
from .normalform import normal
from .record import update
from .relay import load_relay, wrong_relays
from .running import live_nft, vtysh
from .sections import hash_of, nft_tables, sysctls
from .snapshot import wrong_interfaces
from .spare import install, to_install
from .sysctl import load_sysctl, read_sysctl
from .wake import wake

_COLOUR = re.compile(r"\x1b\[[0-9;]*m|^\d{4}-\d\d-\d\d \S+ +|ERROR: ", re.MULTILINE)


def apply(device: Device, raw: Mapping[str, str], target: Mapping[str, str]) -> None:
    """Section by section; what already is as wanted is not touched."""
    changed = []
    for name in ("sysctl", "interfaces", "frr", "nftables", "lldpd", "dhcp-relay"):
        loads = normal(name, target[name], None) != normal(name, raw[name], None)
        if not loads and not to_install(device, name, target[name]):
            continue
        update(device, step=name)
        if to_install(device, name, target[name]):
            install(device, name)
        if not loads:
            continue
        changed.append(name)
        if name == "frr":
            load_frr(device, target["frr"], raw["frr"])
        elif name == "nftables":
            load_nft(device, target["nftables"], nft_tables(raw["nftables"]))
        elif name == "interfaces":
            load_interfaces(device)
        elif name == "lldpd":
            load_lldp(device)
        elif name == "dhcp-relay":
            load_relay(device, target["dhcp-relay"])
        else:
            load_sysctl(device, target["sysctl"], strict=False)
    if "interfaces" in changed or "sysctl" in changed:
        load_sysctl(device, target["sysctl"], strict=True)
    if "interfaces" in changed:
        wake(device)


def load_interfaces(device: Device, timeout: float = COMMAND_TIMEOUT_S) -> None:
    result = device.run(["ifreload", "-a"], timeout=timeout)
    if result.rc != 0:
        raise AgentError("apply", "interfaces", f"ifreload: {last_line(result)}")


def load_frr(device: Device, text: str, running: str) -> None:
    """`vtysh -b` where nothing has to be removed (it costs a tenth), frr-reload.py everywhere else."""
    if is_factory(running) and text == device.text_of("frr"):
        result = device.run(["vtysh", "-b"])
        complaints = [x for x in (result.out + result.err).splitlines() if "% " in x or re.match(r"line \d+:", x)]
        if complaints:
            raise AgentError("apply", "frr", "; ".join(complaints[:5]))
        running = vtysh(device, "show running-config no-header")
        if not differences(text, running):
            return
    # A folder of its own, because frr-reload.py overwrites frr.conf when it is given any other file.
    folder = os.path.join(device.run_dir, "reload")
    write_file(os.path.join(folder, "vtysh.conf"), "service integrated-vtysh-config\n")
    path = os.path.join(folder, "frr.conf")
    write_file(path, with_hollow_blocks(text, running))
    result = device.run(["/usr/lib/frr/frr-reload.py", "--reload", "--stdout", "--confdir", folder, path])
    os.unlink(path)
    if result.rc != 0:
        said = _COLOUR.sub("", result.out + result.err).splitlines()
        lines = [x.strip() for x in said if "rror" in x or "% " in x or "ailed" in x]
        raise AgentError("apply", "frr", f"frr-reload: {'; '.join(lines[:5])[:600] or last_line(result)}")


def load_nft(device: Device, text: str, old_tables: Iterable[str]) -> None:
    """One nft transaction: at no moment is there a packet that sees neither or both rulesets."""
    gone = "".join(f"table {t}\ndelete table {t}\n" for t in sorted({*old_tables, *nft_tables(text)}))
    result = device.run(["nft", "-f", "-"], text=gone + text)
    if result.rc != 0:
        raise AgentError("apply", "nftables", last_line(result))
    known = {"file": hash_of({"nftables": device.text_of("nftables")}), "live": live_nft(device, text)}
    device.save("nft.json", known, anyway=True)


def load_lldp(device: Device) -> None:
    if not os.path.exists(device.file_of("lldpd")):
        return  # lldpd has no way to forget a line; its next start does
    result = device.run(["lldpcli", "-c", device.file_of("lldpd")], timeout=20)
    if result.rc != 0 and os.path.exists(os.path.join(device.root, "run/lldpd.socket")):
        raise AgentError("apply", "lldpd", last_line(result))


def compare(device: Device, target: Mapping[str, str]) -> None:
    """What runs is what was asked for; raises AgentError with the first differences."""
    update(device, step="compare")
    wrong: list[str] = []
    for attempt in range(4):
        wrong = differences(target["frr"], vtysh(device, "show running-config no-header"))
        if not wrong:
            break
        time.sleep(0.1 * 2**attempt)
    if wrong:
        raise AgentError("apply", "compare frr", "; ".join(wrong))
    wrong = wrong_interfaces(device, target["interfaces"])
    if wrong:
        raise AgentError("apply", "compare interfaces", "; ".join(wrong[:6]))
    wanted = sysctls(target["sysctl"])
    wrong = [f"{k} is {v}, not {wanted[k]}" for k in wanted if (v := read_sysctl(device, k)) not in (None, wanted[k])]
    if wrong:
        raise AgentError("apply", "compare sysctl", "; ".join(wrong[:6]))
    if "# no table" in live_nft(device, target["nftables"]):
        raise AgentError("apply", "compare nftables", "a table of the ruleset is not in the kernel")
    wrong = wrong_relays(device, target["dhcp-relay"])
    if wrong:
        raise AgentError("apply", "compare dhcp-relay", "; ".join(wrong[:6]))
