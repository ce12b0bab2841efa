"""Faults of a whole switch: without power, rebooted, its daemons killed or frozen."""

from dataclasses import dataclass

from rtmctl.device.injection import Argument, Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen
from rtmctl.drill.faults.targets import find_switch
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings
from rtmctl.fabric.types import Attachment, Fabric

SWITCH = "SWITCH"
DAEMON = Option(
    "daemon",
    "bgpd",
    "the daemon of FRR",
    choices=("bgpd", "bfdd", "zebra", "staticd", "mgmtd", "watchfrr"),
)
_CARRYING = frozenset({"bgpd", "bfdd"})
"""whose death takes a switch's sessions down, and with them what it announces"""


@dataclass(frozen=True, slots=True)
class _Power:
    action: str
    said: str

    def __call__(self, fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
        name = find_switch(around.fabric, target).name
        return FaultPlan(
            fault=fault,
            target=name,
            said=self.said.format(name),
            injections=(Injection(name, "power", {"node": name, "action": self.action}),),
            removed=Removed(devices=frozenset({name})),
            detection=Detection.CARRIER,
        )


@dataclass(frozen=True, slots=True)
class _OnDaemon:
    mechanism: str
    said: str

    def __call__(self, fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
        name, daemon = find_switch(around.fabric, target).name, chosen.text("daemon")
        arguments: dict[str, Argument] = {"daemon": daemon}
        return FaultPlan(
            fault=fault,
            target=name,
            said=self.said.format(daemon, name),
            injections=(Injection(name, self.mechanism, arguments),),
            removed=Removed(devices=frozenset({name}) if daemon in _CARRYING else frozenset()),
            detection=_detection(around.fabric, name, daemon),
            touches=Removed(devices=frozenset({name})),
        )


def _detection(fabric: Fabric, switch: str, daemon: str) -> Detection:
    """The kernel goes on forwarding. But a leaf whose sessions are gone is withdrawn as a VTEP, because EVPN has no
    graceful restart in FRR (FRR issue 9749): hosts that hang on it alone are out of reach."""
    alone = any(host.attachment in (Attachment.ACCESS, Attachment.TRUNK) for host in fabric.hosts_of(switch))
    return Detection.ENDURED if alone and daemon in _CARRYING else Detection.NONE


SWITCH_POWER_OFF = Kind(
    "switch-power-off",
    "a switch loses power; its neighbours lose the carrier",
    SWITCH,
    _Power("off", "{} without power"),
)
REBOOT = Kind(
    "reboot", "a switch is powered off and on again at once", SWITCH, _Power("reboot", "{} is rebooted, hard")
)
DAEMON_KILL = Kind(
    "daemon-kill",
    "a daemon of a switch is killed and stays dead; the kernel goes on forwarding",
    SWITCH,
    _OnDaemon("daemon-kill", "{} killed on {}"),
    (DAEMON,),
)
DAEMON_FREEZE = Kind(
    "daemon-freeze",
    "a daemon of a switch stands still and answers nobody; the kernel goes on forwarding",
    SWITCH,
    _OnDaemon("daemon-freeze", "{} frozen on {}"),
    (DAEMON,),
)
