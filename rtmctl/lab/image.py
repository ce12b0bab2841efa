"""Builds a lab's images into the cache, once. A build is atomic, locked against a second one, and leaves no debris."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rtmctl.base import PermanentError
from rtmctl.lab import aptsources
from rtmctl.lab.layout import cache_folder
from rtmctl.lab.recipes import EXCLUDED, Recipe
from rtmctl.lab.userns import Rootless, enter_command

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    pass


def images_folder(rootless: Rootless | None) -> Path:
    """Images built by an ordinary user have that user's shifted owners, so root's cannot serve and the reverse."""
    return cache_folder() / ("images" if rootless is None else "images-rootless")


def built(recipe: Recipe, rootless: Rootless | None = None) -> Path | None:
    """The image's folder when it is in the cache."""
    path = images_folder(rootless) / recipe.folder
    return path if path.is_dir() else None


def ensure(recipe: Recipe, rootless: Rootless | None = None, progress: Progress = _silent) -> Path:
    """The image's folder, built first when the cache has none (about 25 s and 270 MB).

    Raises:
        PermanentError: the cache is full, or mmdebstrap failed; the message ends with its last lines.
    """
    folder = images_folder(rootless)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / recipe.folder
    if target.is_dir():
        return target
    waits = f"waiting for another command that builds image {recipe.name}"
    with _locked(folder / f".{recipe.folder}.lock", lambda: progress(waits)) as lock:
        if target.is_dir():
            return target
        temporary = folder / f".building-{recipe.folder}"
        _remove(temporary, rootless)
        progress(f"building image {recipe.name} (once, about 25 s)")
        try:
            _build(recipe, temporary, rootless, lock)
            temporary.rename(target)
        finally:
            _remove(temporary, rootless)
    progress(f"image {recipe.name} is in {target}")
    return target


def _build(recipe: Recipe, root: Path, rootless: Rootless | None, lock: int) -> None:
    """The lock is inherited: a build whose parent was killed keeps it until it is gone itself."""
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(recipe.packages)}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED]
    command += [f"--aptopt={option}" for option in aptsources.options()]
    command += [f"--customize-hook={recipe.setup}"]
    here = aptsources.release(Path("/etc/os-release").read_text())
    sources = aptsources.for_suite(aptsources.configured(), here.get("VERSION_CODENAME", ""), recipe.suite)
    if here.get("ID") != "debian":
        sources = ()  # another distribution's mirror has no Debian suites; mmdebstrap knows Debian's own
    if rootless is None:
        # mounts of its own (proc, this machine's /dev/shm) go with it, however it ends
        command = [
            "unshare",
            "--mount",
            "--propagation=private",
            "--",
            *command,
            "--mode=root",
            recipe.suite,
            str(root),
        ]
    else:
        root.mkdir()
        tar = " ".join(enter_command(rootless, "tar", "-C", str(root), "--exclude=./dev/*", "-x"))
        command += ["--mode=unshare", "--format=tar", recipe.suite, "-"]
        command = ["sh", "-c", f'"$@" | {tar}', "sh", *command]
    if sources:
        command.append("-")
    _run(command, "\n".join(source.line() for source in sources) + "\n", lock)


def _run(command: list[str], stdin: str, lock: int) -> None:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        pass_fds=(lock,),
    )
    try:
        output, _ = process.communicate(stdin)
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        raise
    if process.returncode != 0 and os.strerror(errno.ENOSPC) in output:
        raise PermanentError(
            f"no space left in {cache_folder()} for an image",
            hint="a switch takes about 270 MB there; RTMCTL_CACHE names another folder",
        )
    if process.returncode != 0:
        tail = "\n".join(output.splitlines()[-8:])
        raise PermanentError(
            f"mmdebstrap failed with status {process.returncode}:\n{tail}",
            hint="check that apt-get update works here and that the mirror has the suite",
        )


def _remove(path: Path, rootless: Rootless | None) -> None:
    """Raises PermanentError, and removes nothing, where something is mounted below: it would be emptied too."""
    if not path.exists():
        return
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    if inside := [point for point in points if Path(point).is_relative_to(path.resolve())]:
        raise PermanentError(
            f"{', '.join(inside)} is mounted in {path}, so it is not removed",
            hint=f"umount {' '.join(reversed(inside))}",
        )
    if rootless is None:
        shutil.rmtree(path, ignore_errors=True)
    else:
        subprocess.run(enter_command(rootless, "rm", "-rf", str(path)), check=False)


@contextmanager
def _locked(path: Path, busy: Callable[[], None]) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
