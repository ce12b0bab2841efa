"""What two settings of a session do on real FRR: a prefix limit behind a filter, and routes with the own AS."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from rtmctl.lab import image
from rtmctl.lab.recipes import RECIPES, Recipe

GOLDEN = Path(__file__).parents[2] / "unit" / "render" / "golden" / "everything" / "frr"
SWITCHES = [recipe for recipe in RECIPES if recipe.name.startswith("switch")]
LOOP = "203.0.113.128/25"


def rendered(pattern: str) -> str:
    """The lines that rtmctl prints for a session, said of the peer of this test."""
    found = re.findall(rf"^  neighbor \S+ (?:{pattern}).*$", GOLDEN.read_text(), re.MULTILINE)
    assert found
    return "\n".join(dict.fromkeys(re.sub(r"neighbor \S+", "neighbor 10.0.0.1", line) for line in found))


def limit(prefixes: int) -> str:
    return re.sub(r"maximum-prefix \d+", f"maximum-prefix {prefixes}", rendered("soft-reconfiguration|maximum-prefix"))


CASES = [
    # beside refused prefixes FRR counts an accepted one twice: five and one
    ("a limit that five prefixes keep", limit(6), ["203.0.113.0/25"]),
    ("a limit that they exceed, three of them refused", limit(4), ["closed"]),
    ("our own AS four times", rendered("allowas-in"), ["203.0.113.0/25", LOOP]),
    ("our own AS by FRR's default", "  neighbor 10.0.0.1 allowas-in", ["203.0.113.0/25"]),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: private namespaces")
@pytest.mark.parametrize("recipe", SWITCHES, ids=lambda recipe: recipe.name)
@pytest.mark.parametrize(("lines", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_session_does_what_its_lines_are_for(recipe: Recipe, lines: str, expected: list[str]) -> None:
    environment = {"PATH": os.environ["PATH"], "ROOT": str(image.ensure(recipe)), "LINES": lines}
    script = str(Path(__file__).with_name("peers.sh"))
    command = ["unshare", "-n", "-m", "-p", "--fork", "--kill-child", "bash", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == expected, done.stdout + done.stderr
