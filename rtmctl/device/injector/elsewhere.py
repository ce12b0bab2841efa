"""The injector for another thing than this machine: `DIR VERB`, its records and programs below DIR.

An entry of its own, because nobody who may run the injector as root on a switch may say where its programs are.
"""

from __future__ import annotations

from ..onboard.machine import Machine
from .record import PART
from .server import run


def main(argv: list[str]) -> int:
    return run(Machine(root=argv[1], part=PART), argv[2:])
