"""Where the store is: `RTMCTL_STORE` (a path or a URL), else a file in the user's state folder (XDG)."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from rtmctl.base import Exit, PermanentError
from rtmctl.base.folders import expanded, state_folder

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class StoreError(PermanentError):
    """The store cannot be read or written; nothing is done without it."""

    exit = Exit.FAILED


def store_url(where: str | None, env: Mapping[str, str]) -> URL:
    """The database's URL from an explicit place, the environment, or the default.

    Raises:
        StoreError: a URL of a kind that is not known, or not a URL at all.
    """
    place = where or env.get("RTMCTL_STORE") or str(state_folder(env) / "store.db")
    if "://" not in place:
        return URL.create("sqlite", database=str(expanded(place)))
    try:
        url = make_url(place)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a plain ValueError
        raise StoreError("the store's URL cannot be read", hint="postgresql://user@host/database") from error
    kind = url.drivername.split("+")[0]
    if kind not in _DRIVERS:
        known = ", ".join(sorted(set(_DRIVERS)))
        raise StoreError(f"store of kind {kind!r} is not known", hint=f"known kinds: {known}, or a path to a file")
    return url.set(drivername=_DRIVERS[kind])


def audit_key_path(url: URL, env: Mapping[str, str]) -> Path:
    """Where the key that signs this user's links of the store's audit log is: beside a file, in the state folder else.

    One key a store: a head that is signed with it and is not in the store shows that another log stood there.
    """
    if url.get_backend_name() == "sqlite":
        return Path(f"{url.database}.audit-key")
    place = hashlib.sha256(f"{url.host}:{url.port}/{url.database}?{url.query.get('host', '')}".encode()).hexdigest()
    return state_folder(env) / f"{place[:12]}.audit-key"
