"""A file as it stands in a commit of the site's git repository."""

import subprocess
from pathlib import Path

from rtmctl.base import PermanentError


def file_at(ref: str, path: Path) -> str:
    """The text of `path` in commit `ref`.

    Raises:
        PermanentError: git is missing, the folder is no repository, or the commit has no such file.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(path.parent), "show", f"{ref}:./{path.name}"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise PermanentError("git is not installed", hint="apt-get install git") from None
    if done.returncode != 0:
        raise PermanentError(
            f"{path.name} cannot be read at {ref}: {done.stderr.strip()}", hint="name a commit that has it"
        )
    return done.stdout
