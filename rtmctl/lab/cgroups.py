"""Where systemd hosts of a lab have their control groups: below this process' own, one folder a lab, one a node.

Only systemd itself needs them (its tree of services), so only the hierarchies it lives in are used: cgroup2, and on
older machines `name=systemd` of cgroup 1 beside it. The kernel does not remove them with their processes: `down` does.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path


def folders(lab: Path, own: str, mounts: str) -> tuple[Path, ...]:
    """A lab's folders, by the texts of /proc/self/cgroup and /proc/self/mountinfo. Pure."""
    name = _name(lab)
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in own.splitlines())}
    found: list[Path] = []
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        root, point = left.split()[3:5]
        kind, _, options = right.split()[:3]
        hierarchy = "" if kind == "cgroup2" else "name=systemd" if "name=systemd" in options.split(",") else None
        if kind not in ("cgroup", "cgroup2") or hierarchy not in paths:
            continue
        relative = os.path.relpath(paths[hierarchy], root)
        if not relative.startswith(".."):
            found.append(Path(point, relative, name))
    return tuple(dict.fromkeys(found))


def here(lab: Path) -> tuple[Path, ...]:
    """The folders of a lab started by this process."""
    return folders(lab, Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text())


def find(lab: Path) -> tuple[Path, ...]:
    """The folders of a lab, wherever the command stood that made them."""
    mounts = (line.partition(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines())
    points = [left.split()[4] for left, _, right in mounts if right.startswith("cgroup")]
    return tuple(Path(folder) for point in points for folder, _, _ in os.walk(point) if folder.endswith(_name(lab)))


def _name(lab: Path) -> str:
    return f"rtmctl-lab-{hashlib.sha256(str(lab).encode()).hexdigest()[:12]}"


def remove(roots: Iterable[Path], patience_s: float = 5.0) -> None:
    """Remove whole trees whose processes are dead. The kernel may need a moment to notice."""
    deadline = time.monotonic() + patience_s
    for root in roots:
        while root.is_dir() and not _removed(root) and time.monotonic() < deadline:
            time.sleep(0.02)


def _removed(root: Path) -> bool:
    for folder, _, _ in os.walk(root, topdown=False):
        try:
            os.rmdir(folder)  # noqa: PTH106  # walk gives texts
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True
