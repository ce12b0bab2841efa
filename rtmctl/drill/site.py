"""A site on which drills run: what it should be, the ways to its machines, and what it allows."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rtmctl.change import Network
from rtmctl.device.hosts import HostRunner
from rtmctl.device.injection import OpenHolder
from rtmctl.drill.hooks import Resolve
from rtmctl.drill.instruments import Recorder
from rtmctl.drill.types import Surroundings
from rtmctl.intent.schema.drills import Drills
from rtmctl.intent.schema.site import Environment
from rtmctl.observe import Opener


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
    rules: Drills = field(default_factory=Drills)
    environment: Environment = Environment.LAB
    """LAB too where a copy of a production site runs in a lab"""
    resolve: Resolve = str

    @property
    def name(self) -> str:
        return self.network.name
