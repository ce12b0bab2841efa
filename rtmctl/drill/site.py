"""A site on which drills run: what it should be, the ways to its machines, and what it allows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from rtmctl.change import Network
from rtmctl.device.hosts import HostRunner
from rtmctl.device.injection import Held, OpenHolder
from rtmctl.drill.hooks import Resolve
from rtmctl.drill.instruments import Recorder
from rtmctl.drill.types import Surroundings
from rtmctl.intent.schema.drills import Drills
from rtmctl.intent.schema.site import Environment
from rtmctl.observe import Opener

Leftovers: TypeAlias = Callable[[], Awaitable[tuple[Held, ...]]]
"""what drills hold on one machine, or could not take back there; raises RtmctlError when it does not answer"""


@dataclass(frozen=True, slots=True)
class DrillSite:
    network: Network
    around: Surroundings
    """the models as they should be now: drained devices drained"""
    opener: Opener
    """of sessions that read live state"""
    hosts: HostRunner
    open_holder: OpenHolder
    recorder: Callable[[], Recorder]
    """a new one for each run"""
    leftovers: Mapping[str, Leftovers]
    """machine to what drills hold there"""
    rules: Drills = field(default_factory=Drills)
    environment: Environment = Environment.LAB
    """LAB too where a copy of a production site runs in a lab"""
    resolve: Resolve = str

    @property
    def name(self) -> str:
        return self.network.name
