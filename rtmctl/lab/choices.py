"""What an operator chooses for a lab. Apart from what it is planned with, because whoever drives a lab needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rtmctl.lab.recipes import DEFAULT_SWITCH, SWITCHES, recipe

if TYPE_CHECKING:
    from rtmctl.fabric.types import Host


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator chose for this lab. `images` names a recipe for single nodes."""

    image: str = DEFAULT_SWITCH
    images: Mapping[str, str] | None = None
    hosts: bool = True
    light: bool = False
    """run hosts that ask for systemd as light namespaces all the same"""

    def image_of(self, node: str) -> str:
        """The name of the recipe a node is made from. Raises PermanentError naming the known ones."""
        return recipe((self.images or {}).get(node, self.image), SWITCHES).name

    def machine(self, host: Host) -> bool:
        """It is a systemd host in this lab."""
        return host.systemd and not self.light
