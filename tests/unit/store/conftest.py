"""A store of each kind: a file, and a real PostgreSQL server started for these tests alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rtmctl.store import Store, open_store
from tests.postgresql import new_database, server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    url: str = request.getfixturevalue("postgresql")
    return new_database(url, tmp_path.name)


@pytest.fixture
def store(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # where PostgreSQL's users have their audit key
    opened = open_store(place)
    yield opened
    opened.close()
