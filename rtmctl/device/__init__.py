"""How one device or host is spoken to: small Protocols, the SSH transport, NAPALM drivers, `state` readers."""

from rtmctl.device.capabilities import CAPABILITIES
from rtmctl.device.endpoint import Endpoint
from rtmctl.device.fanout import fan_out
from rtmctl.device.registry import DRIVERS, connect
from rtmctl.device.types import Capabilities, DeviceStatus, Lease, Running, Session, TransactionState

__all__ = [
    "CAPABILITIES",
    "DRIVERS",
    "Capabilities",
    "DeviceStatus",
    "Endpoint",
    "Lease",
    "Running",
    "Session",
    "TransactionState",
    "connect",
    "fan_out",
]
