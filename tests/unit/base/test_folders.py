"""Which folders of the user are taken."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from rtmctl.base import PermanentError
from rtmctl.base.folders import cache_folder, expanded, state_folder


@pytest.mark.parametrize(
    ("env", "state", "cache"),
    [
        ({"HOME": "/h"}, "/h/.local/state/rtmctl", "/h/.cache/rtmctl"),
        ({"HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c"}, "/s/rtmctl", "/c/rtmctl"),
        ({"HOME": "/h", "XDG_STATE_HOME": "", "XDG_CACHE_HOME": "c"}, "/h/.local/state/rtmctl", "/h/.cache/rtmctl"),
    ],
    ids=["home", "named", "empty or relative"],
)
def test_the_specification_is_kept(env: Mapping[str, str], state: str, cache: str) -> None:
    assert (state_folder(env), cache_folder(env)) == (Path(state), Path(cache))


def test_without_home_the_password_file_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert state_folder({}) == Path("~").expanduser() / ".local/state/rtmctl"


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)  # of whom no password file knows
    with pytest.raises(PermanentError, match="no home folder") as error:
        state_folder({})
    assert error.value.hint == "set HOME, or XDG_STATE_HOME"


def test_the_home_of_nobody_known_is_told() -> None:
    assert expanded("/~/x") == Path("/~/x")
    with pytest.raises(PermanentError, match="~no-such-user/key: no home folder"):
        expanded("~no-such-user/key")
