"""Runs a script as root under a User-mode Linux kernel: one that has vrf, 8021q, vlan_filtering and dummy."""

import shutil
import subprocess
from pathlib import Path

MODULES = "overlay veth bridge vxlan vrf 8021q dummy"

_INIT = """\
#!/bin/bash
# PID 1 of the UML kernel, on this machine's file system, read-only. The script gets the image below a tmpfs overlay.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
for module in {modules}; do modprobe -d {shared}/mod $module || echo "uml: no module $module"; done
mount -t tmpfs -o size=80% tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir={image},upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
mount -t proc proc proc; mount -t sysfs sysfs sys; mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm; mount -t devpts devpts dev/pts
mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp
mkdir -p run/netns run/image {inside_shared}
mount -t hostfs -o {image} none run/image
mount -t hostfs -o {shared} none {inside_shared}
ip link set lo up
chroot /mnt/root /bin/bash {shared}/script > /mnt/root{shared}/output 2>&1 < /dev/null
echo $? > /mnt/root{shared}/status
sync
echo o > /proc/sysrq-trigger
sleep 10
"""


def missing() -> str | None:
    """What this machine lacks for a UML kernel."""
    programs = {"linux.uml": "user-mode-linux", "modprobe": "kmod"}
    absent = [f"{name} (Debian package {package})" for name, package in programs.items() if not shutil.which(name)]
    return ", ".join(absent) or None


def run(script: str, shared: Path, image: Path, timeout_s: float, memory: str = "1024M") -> tuple[int, str]:
    """Exit status and output of the script, which runs on `image` (also at /run/image); `shared` has its own path.

    Raises:
        subprocess.TimeoutExpired: the kernel did not end in time; it has been killed.
    """
    (shared / "script").write_text(script)
    (shared / "mod" / "lib").mkdir(parents=True)
    (shared / "mod" / "lib" / "modules").symlink_to("/usr/lib/uml/modules")
    init = shared / "init"
    init.write_text(
        _INIT.format(
            shared=shared,
            image=image,
            modules=MODULES,
            inside_shared=str(shared).lstrip("/"),
        )
    )
    init.chmod(0o755)
    command = ["linux.uml", f"mem={memory}", f"umid=rtmctl-{shared.name}", "rootfstype=hostfs", "rootflags=/", "ro"]
    command += [f"init={init}", "con=null", "con0=null,fd:2", "con1=null", "quiet"]
    with (shared / "console").open("wb") as console:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, cwd=shared, start_new_session=True
        )
        try:
            process.wait(timeout_s)
        finally:
            process.kill()
            process.wait()
    status = shared / "status"
    output = (shared / "output").read_text(errors="replace") if (shared / "output").exists() else ""
    output += (shared / "console").read_text(errors="replace")
    return (int(status.read_text()) if status.exists() else 125), output
