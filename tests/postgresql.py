"""A real PostgreSQL server for tests alone, on a unix socket, run by an ordinary user: PostgreSQL refuses root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest


@contextmanager
def server() -> Iterator[str]:
    """URL of an empty server; gone with its data at the end. Skips where PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    programs = next((folder for folder in folders if (folder / "initdb").exists()), None)
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql-15")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="rtmctl-pg-", dir="/tmp"))
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data = folder / "data"

    def run(*argv: str) -> None:
        subprocess.run(argv, check=True, capture_output=True, user=user, cwd=folder, timeout=120)

    run(str(programs / "initdb"), "-D", str(data), "-U", "rtmctl", "-A", "trust", "--no-sync")
    control = (str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"))
    run(*control, "-o", f"-c listen_addresses='' -k {folder}", "start")
    try:
        yield f"postgresql://rtmctl@/postgres?host={folder}"
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, name: str) -> str:
    """URL of an empty database on that server; of `name` its letters and digits count."""
    database = "db_" + "".join(c for c in name if c.isalnum())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")  # type: ignore[call-overload]
    return url.replace("/postgres?", f"/{database}?")
