"""What every fault of this room is: a name, its options, and a function that plans it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rtmctl.device.injection import Argument
from rtmctl.drill.faults.options import Chosen, choose
from rtmctl.drill.types import FaultPlan, Option, Surroundings

Make: TypeAlias = Callable[[str, Surroundings, str, Chosen], FaultPlan]
"""(fault, around, target, options); raises PermanentError for a target that is not there"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One fault of the list. Its `make` is asked once the options are known to be right."""

    name: str
    summary: str
    target: str
    make: Make
    options: tuple[Option, ...] = ()

    def plan(self, around: Surroundings, target: str, options: Mapping[str, Argument]) -> FaultPlan:
        """Raises PermanentError for a target that is not there, or a wrong option."""
        return self.make(self.name, around, target, choose(self.name, self.options, options))
