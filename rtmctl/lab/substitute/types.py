"""The record of one substitution."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Substitution:
    """What a lab does instead of the production form, and why."""

    what: str
    """the interface, VRF or line it is about"""
    why: str
    production: str
    lab: str

    def __str__(self) -> str:
        return f"{self.what}: {self.production} -> {self.lab} ({self.why})"
