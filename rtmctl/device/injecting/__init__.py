"""The injector from outside: who holds injections on switches and hosts, and what a drill has left there.

The program itself is `rtmctl.device.injector`; power and drains are held elsewhere.
"""

from rtmctl.device.injecting.channels import HostWay, SwitchWay, Way
from rtmctl.device.injecting.holder import RemoteHolder, forget, leftovers

__all__ = ["HostWay", "RemoteHolder", "SwitchWay", "Way", "forget", "leftovers"]
