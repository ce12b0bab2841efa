"""Where rtmctl keeps what on this machine: the user's folders of the XDG Base Directory Specification, 0.8."""

from collections.abc import Mapping
from pathlib import Path

from rtmctl.base.errors import PermanentError


def state_folder(env: Mapping[str, str]) -> Path:
    """For what must last between runs (`XDG_STATE_HOME`). Raises PermanentError for a user without a home."""
    return _folder(env, "XDG_STATE_HOME", ".local/state")


def cache_folder(env: Mapping[str, str]) -> Path:
    """For what can be made again (`XDG_CACHE_HOME`). Raises PermanentError for a user without a home."""
    return _folder(env, "XDG_CACHE_HOME", ".cache")


def expanded(path: str) -> Path:
    """`~` and `~user` as the shell has them. Raises PermanentError where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise PermanentError(f"{path}: no home folder is known for this user", hint="write the path in full") from error


def _folder(env: Mapping[str, str], name: str, below_home: str) -> Path:
    base = Path(env.get(name, ""))
    if not base.is_absolute():  # the specification: a relative path is ignored
        try:
            base = Path(env.get("HOME") or Path.home()) / below_home
        except RuntimeError as error:
            raise PermanentError("this user has no home folder", hint=f"set HOME, or {name}") from error
    return base / "rtmctl"
