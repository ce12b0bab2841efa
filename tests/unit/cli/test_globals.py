"""The global options: what is typed wins over the environment, and the verb's over the noun's."""

from pathlib import Path

import pytest
from conftest import Run

WHERE = {
    "the environment alone": ((), (), True, 0),
    "typed before the noun": (("--site", "HERE"), (), False, 0),
    "typed after the verb": ((), ("--site", "HERE"), False, 0),
    "a bad one before the noun is not overruled by the environment": (("--site", "NOWHERE"), (), True, 3),
    "the verb's wins": (("--site", "NOWHERE"), ("--site", "HERE"), True, 0),
}


@pytest.mark.parametrize(("before", "after", "environment", "code"), WHERE.values(), ids=WHERE)
@pytest.mark.parametrize("verb", ["validate", "net lock --check"])
def test_which_site(
    verb: str, before: tuple[str, ...], after: tuple[str, ...], environment: bool, code: int, rtmctl: Run, demo: Path
) -> None:
    names = {"HERE": str(demo), "NOWHERE": "/nowhere"}
    words = [names.get(word, word) for word in (*before, *verb.split(), *after)]
    done = rtmctl(*words, RTMCTL_SITE=str(demo) if environment else "/nowhere")
    assert done.returncode == code, done.stderr
