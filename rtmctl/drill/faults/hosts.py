"""Faults of a host: its power, its programs, its processor, memory and disk, its clock, its names, its network card."""

from collections.abc import Callable
from dataclasses import dataclass

from rtmctl.base import Exit, PermanentError
from rtmctl.device.injection import Argument, Injection
from rtmctl.drill.faults.kind import Kind
from rtmctl.drill.faults.options import Chosen, shown
from rtmctl.drill.faults.targets import find_host
from rtmctl.drill.types import Detection, FaultPlan, Option, Removed, Surroundings
from rtmctl.fabric.types import Host
from rtmctl.intent.names import suggest

HOST = "HOST"
PROCESS = (
    Option("process", "", "the program's name as ps -o comm shows it", required=True),
    Option("argument", "", "of several such processes, those with this text in their command line"),
)


@dataclass(frozen=True, slots=True)
class _OnHost:
    """Plans a mechanism on a host that leaves the network as it is."""

    mechanism: str
    said: str
    """format of the operator's line: {host} and every option by name"""
    refine: Callable[[Chosen], dict[str, Argument]] = lambda chosen: dict(chosen.values)

    def __call__(self, fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
        host = find_host(around.fabric, target)
        arguments = self.refine(chosen)
        return FaultPlan(
            fault=fault,
            target=host.name,
            said=self.said.format(host=host.name, **arguments),
            injections=(Injection(host.name, self.mechanism, arguments),),
            removed=Removed(),
            detection=Detection.NONE,
            touches=Removed(hosts=frozenset({host.name})),
        )


def _power_off(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    host = find_host(around.fabric, target)
    return FaultPlan(
        fault=fault,
        target=host.name,
        said=f"{host.name} without power",
        injections=(Injection(host.name, "power", {"node": host.name, "action": "off"}),),
        removed=Removed(hosts=frozenset({host.name})),
        detection=Detection.ENDURED,
    )


def _nic(fault: str, around: Surroundings, target: str, chosen: Chosen) -> FaultPlan:
    host, wanted = find_host(around.fabric, target), chosen.text("nic")
    links = tuple(link for link in host.links if wanted in ("", link.nic))
    if not links:
        raise _no_nic(host, wanted)
    nics, percent = tuple(link.nic for link in links), chosen.number("percent")
    arguments: dict[str, Argument] = {
        "interfaces": nics,
        "percent": percent,
        "direction": chosen.text("direction"),
    }
    return FaultPlan(
        fault=fault,
        target=host.name,
        said=f"{percent:g}% loss on {', '.join(nics)} of {host.name}",
        injections=(Injection(host.name, "loss", arguments),),
        removed=Removed(host_ports=frozenset((link.leaf, link.port) for link in links)),
        detection=Detection.ENDURED,
    )


def _no_nic(host: Host, wanted: str) -> PermanentError:
    known = tuple(link.nic for link in host.links)
    hint = suggest(wanted, known) or f"{host.name} has no cable to a leaf"
    return PermanentError(f"{host.name} has no network card {shown(wanted)}", hint=hint, exit=Exit.USAGE)


def _stepped(chosen: Chosen) -> dict[str, Argument]:
    if chosen.number("step_s") == 0:
        raise PermanentError("clock-step: a step of 0 s is none", hint="step_s, forward or back", exit=Exit.USAGE)
    return dict(chosen.values)


def _foldered(chosen: Chosen) -> dict[str, Argument]:
    folder = chosen.text("folder")
    if not folder.startswith("/") or folder == "/" or {".", ".."} & set(folder.split("/")):
        text = f"{shown(folder)} is not the absolute path of a folder below /"
        raise PermanentError(text, hint="without '.' and '..' in it", exit=Exit.USAGE)
    return {**chosen.values, "folder": "/" + "/".join(part for part in folder.split("/") if part)}


HOST_POWER_OFF = Kind("host-power-off", "a host loses power", HOST, _power_off)
PROCESS_KILL = Kind(
    "process-kill",
    "a service's process on a host is killed; what supervises it may start it again",
    HOST,
    _OnHost("process-kill", "{process} killed on {host}"),
    PROCESS,
)
PROCESS_PAUSE = Kind(
    "process-pause",
    "a process on a host stands still and answers nobody",
    HOST,
    _OnHost("process-pause", "{process} paused on {host}"),
    PROCESS,
)
CPU_PRESSURE = Kind(
    "cpu-pressure",
    "a host's processors are kept busy",
    HOST,
    _OnHost("cpu-pressure", "processors of {host} {percent}% busy"),
    (
        Option("percent", 100, "share of each worker's time that is burnt, %", 1, 100),
        Option("workers", 0, "processes that burn; 0: one a processor", 0, 1024),
    ),
)
MEMORY_PRESSURE = Kind(
    "memory-pressure",
    "a host's memory is taken and touched",
    HOST,
    _OnHost("memory-pressure", "{percent}% of what is free of the memory of {host} taken"),
    (Option("percent", 50, "share of what is available when it begins, %", 1, 100),),
)
DISK_IO_PRESSURE = Kind(
    "disk-io-pressure",
    "a host's disk is kept busy by writes that are synced",
    HOST,
    _OnHost("disk-io-pressure", "disk of {host} under {folder} kept busy", _foldered),
    (
        Option("folder", "/var/tmp", "on the file system that is meant"),
        Option("size_mb", 64, "the file that is written over and over, MiB", 1, 65536),
        Option("workers", 1, "processes that write, each its own file", 1, 64),
    ),
)
DISK_FULL = Kind(
    "disk-full",
    "a folder of a host is full: a small file system of its own is mounted over it",
    HOST,
    _OnHost("disk-full", "{folder} of {host} is full", _foldered),
    (
        Option("folder", "/var/tmp/rtmctl-full", "an empty folder, or one to be made; never one that holds files"),
        Option("size_mb", 16, "size of the file system, MiB", 1, 1024),
    ),
)
CLOCK_STEP = Kind(
    "clock-step",
    "a host's clock jumps",
    HOST,
    _OnHost("clock-step", "clock of {host} stepped by {step_s:+g} s", _stepped),
    (Option("step_s", 60.0, "how far, s; negative: back", -31_536_000.0, 31_536_000.0),),
)
DNS_FAILURE = Kind(
    "dns-failure",
    "a host's questions to name servers get no answer",
    HOST,
    _OnHost("dns-failure", "name servers out of reach of {host}"),
)
NIC_LOSS = Kind(
    "nic-loss",
    "a share of the packets of a host's network card is lost",
    HOST,
    _nic,
    (
        Option("percent", 1.0, "share of packets that is lost, %", 0.01, 100.0),
        Option("nic", "", "one network card; left out: all toward leafs"),
        Option("direction", "both", "which packets suffer, as the host sees them", choices=("both", "out", "in")),
    ),
)
