"""The namespaces that stand for VRFs, and commands in them."""

import os
import subprocess
import sys

from .kernel import SPACES

REAL = "/run/vrf"
"""where a namespace is mounted; its name in SPACES is a link to it, made last. zebra looks at a new name at once, and
at one that is not mounted yet again only after a second"""
KEEP = os.path.exists("/usr/lib/frr/mgmtd")
"""zebra 10.3 crashes (netlink_route_multipath_msg_encode) when a namespace it lost comes back and routes go into it:
there a namespace that is no longer in the file is emptied and stays until the next boot"""


def run_batch(space: str, lines: list[str]) -> bool:
    command = ["ip", *(["-n", space] if space else []), "-force", "-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        where = f" in {space}" if space else ""
        print(f"ifreload: ip{where}: {done.stderr.strip()}", file=sys.stderr)
    return done.returncode == 0


def run_batches(batches: dict[str, list[str]]) -> bool:
    done = [run_batch(space, lines) for space, lines in batches.items()]
    return all(done)


def add_space(name: str) -> None:
    """A namespace with its `lo` up, this device's sysctl settings and its nftables rules."""
    os.makedirs(REAL, exist_ok=True)
    os.makedirs(SPACES, exist_ok=True)
    with open(f"{REAL}/{name}", "w", encoding="ascii"):
        pass
    files = sorted(f"/etc/sysctl.d/{f}" for f in os.listdir("/etc/sysctl.d") if f.endswith(".conf"))
    script = "ip link set lo up"
    if files:
        script += f"; /usr/sbin/sysctl -qe -p {' '.join(files)} 2>/dev/null"
    if os.path.exists("/etc/nftables.conf") and os.path.getsize("/etc/nftables.conf"):
        script += "; /usr/sbin/nft -f /etc/nftables.conf"
    subprocess.run(["unshare", f"--net={REAL}/{name}", "sh", "-c", script], check=False)
    os.symlink(f"{REAL}/{name}", f"{SPACES}/{name}")


def remove_space(name: str) -> None:
    """Forget a namespace; what is still in it goes when FRR has let it go."""
    os.unlink(f"{SPACES}/{name}")
    subprocess.run(["umount", "--lazy", f"{REAL}/{name}"], check=False)
    os.unlink(f"{REAL}/{name}")
