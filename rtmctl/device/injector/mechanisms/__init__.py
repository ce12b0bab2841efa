"""Every mechanism, one file each; a new one is a file beside them and a line here."""

from __future__ import annotations

from ..mechanism import Mechanism
from .clock_step import ClockStep
from .cpu_pressure import CpuPressure
from .disk_full import DiskFull
from .disk_io_pressure import DiskIoPressure
from .dns_failure import DnsFailure
from .link_down import LinkDown
from .memory_pressure import MemoryPressure
from .power import Power
from .process_kill import ProcessKill
from .process_pause import ProcessPause
from .silence import Silence

MECHANISMS: tuple[Mechanism, ...] = (
    ClockStep(),
    CpuPressure(),
    DiskFull(),
    DiskIoPressure(),
    DnsFailure(),
    LinkDown(),
    MemoryPressure(),
    Power(),
    ProcessKill(),
    ProcessPause(),
    Silence(),
)
