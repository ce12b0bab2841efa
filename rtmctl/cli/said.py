"""What the operator said by the global options."""

from dataclasses import dataclass
from pathlib import Path

from rtmctl.show.output import Output


@dataclass(frozen=True, slots=True)
class Globals:
    site: Path = Path()
    output: Output = Output.TEXT
    verbose: bool = False
    no_color: bool = False
    yes: bool = False
    lab: str | None = None
    """address the running lab of this name instead of the site's own devices"""
