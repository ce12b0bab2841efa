"""What a passive check is."""

from collections.abc import Callable
from dataclasses import dataclass

from rtmctl.observe.types import Outcome, Reading


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    """what `--only` and `--exclude` call it"""
    title: str
    run: Callable[[Reading], Outcome]
