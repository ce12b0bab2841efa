"""The cables between switches carry what hosts send, with the VXLAN header around it (RFC 7348 §5)."""

from collections.abc import Iterator, Mapping

from rtmctl.base import Finding
from rtmctl.check.compare import differs
from rtmctl.fabric.types import Attachment, Fabric
from rtmctl.intent.checks.mtu import overhead
from rtmctl.model.types import DeviceModel, PortKind


def mtu_suffices(fabric: Fabric, models: Mapping[str, DeviceModel]) -> Iterator[Finding]:
    tagged = any(host.attachment is Attachment.TRUNK for host in fabric.hosts)
    need = fabric.host_mtu + overhead(tagged=tagged, ip_version=fabric.vtep_pool.version)
    for name, model in sorted(models.items()):
        for port in model.ports:
            if port.kind is PortKind.FABRIC and port.mtu < need:
                yield Finding("mtu-too-small", f"{name} {port.name}: MTU {port.mtu}, hosts' packets need {need}")
            if port.kind is PortKind.FABRIC:
                yield from differs(f"{name} {port.name}", "MTU", fabric.fabric_mtu, port.mtu)
            elif port.kind is not PortKind.MANAGEMENT:
                yield from differs(f"{name} {port.name}", "MTU", fabric.host_mtu, port.mtu)
        for svi in model.svis:
            yield from differs(f"{name} {svi.name}", "MTU", fabric.host_mtu, svi.mtu)
