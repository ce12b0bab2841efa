"""Every mechanism, one file each; a new one is a file beside them and a line here."""

from __future__ import annotations

from ..mechanism import Mechanism
from .addresses_removed import AddressesRemoved
from .bgp_reset import BgpReset
from .clock_step import ClockStep
from .corrupt import Corrupt
from .cpu_pressure import CpuPressure
from .daemon_freeze import DaemonFreeze
from .daemon_kill import DaemonKill
from .delay import Delay
from .disk_full import DiskFull
from .disk_io_pressure import DiskIoPressure
from .dns_failure import DnsFailure
from .flapping import Flapping
from .leaked_prefix import LeakedPrefix
from .link_down import LinkDown
from .loss import Loss
from .memory_pressure import MemoryPressure
from .mtu import Mtu
from .power import Power
from .process_kill import ProcessKill
from .process_pause import ProcessPause
from .rate_limit import RateLimit
from .silence import Silence
from .wrong_route import WrongRoute

MECHANISMS: tuple[Mechanism, ...] = (
    AddressesRemoved(),
    BgpReset(),
    ClockStep(),
    Corrupt(),
    CpuPressure(),
    DaemonFreeze(),
    DaemonKill(),
    Delay(),
    DiskFull(),
    DiskIoPressure(),
    DnsFailure(),
    Flapping(),
    LeakedPrefix(),
    LinkDown(),
    Loss(),
    MemoryPressure(),
    Mtu(),
    Power(),
    ProcessKill(),
    ProcessPause(),
    RateLimit(),
    Silence(),
    WrongRoute(),
)
