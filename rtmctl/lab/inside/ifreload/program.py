"""The two programs, by the name they are called by."""

import os
import subprocess

from .changes import plan
from .kernel import MAIN, read_kernel, spaces_now
from .spaces import KEEP, add_space, remove_space, run_batch, run_batches
from .wanted import Wanted, wanted
from .zebra import await_zebra, introduce

FILE = "/etc/network/interfaces"


def set_settings(want: dict[str, Wanted]) -> None:
    """Per-interface sysctls, in the namespace the interface lives in."""
    by_space: dict[str, list[str]] = {}
    for wish in want.values():
        by_space.setdefault(wish.space, []).extend(f"{k.replace('/', '.')}={v}" for k, v in wish.settings)
    for space, items in by_space.items():
        if items:
            inner = ["ip", "netns", "exec", space] if space else []
            subprocess.run([*inner, "/usr/sbin/sysctl", "-qw", *items], check=False)


def reload(text: str) -> int:
    want, spaces = wanted(text)
    before = spaces_now()
    new = [space for space in spaces if space not in before]
    for space in new:
        add_space(space)
    if new:
        await_zebra(new)
    kernel = read_kernel(sorted({*before, *spaces}))
    changes = plan(want, kernel)
    good = run_batches(changes.removals)
    if changes.creations:
        good = run_batch(MAIN, changes.creations) and good
    good = run_batches(changes.settings) and good
    if changes.settings:
        introduce(want.values())
    good = run_batches(changes.last) and good
    if changes:
        set_settings(want)
        for wish in want.values():
            for command in wish.ups:
                inner = ["ip", "netns", "exec", wish.space] if wish.space else []
                environment = {**os.environ, "IFACE": wish.name}
                good = (
                    subprocess.run([*inner, "sh", "-c", command], env=environment, check=False).returncode == 0 and good
                )
    for space in before:
        if space not in spaces and KEEP:
            subprocess.run(["ip", "netns", "exec", space, "/usr/sbin/nft", "flush", "ruleset"], check=False)
        elif space not in spaces:
            remove_space(space)
    return 0 if good else 1


def check(text: str) -> int:
    """One line a difference, as `ifquery --check` marks them; exit 1 when there is any."""
    want, spaces = wanted(text)
    missing = [space for space in spaces if space not in spaces_now()]
    changes = plan(want, read_kernel(spaces_now()))
    lines = [f"{space}: namespace missing" for space in missing] + changes.creations
    for batches in (changes.removals, changes.settings, changes.last):
        lines += [f"{space + ': ' if space else ''}{line}" for space, batch in batches.items() for line in batch]
    print("".join(f"{line} [fail]\n" for line in lines), end="")
    return 1 if lines else 0


def main(arguments: list[str]) -> int:
    program = os.path.basename(arguments[0])
    with open(FILE, encoding="utf-8") as file:
        text = file.read()
    ours = "vrf-netns" in text or bool(spaces_now())
    if ours and program == "ifreload" and "-a" in arguments:
        return reload(text)
    if ours and program == "ifquery" and "-a" in arguments and {"--check", "-c"} & set(arguments):
        return check(text)
    return os.execv(f"/usr/sbin/{program}", arguments)
