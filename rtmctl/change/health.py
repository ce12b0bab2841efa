"""Health between waves: no worse than before the change, signal by signal.

A signal that the target no longer wants (a session, port or VNI that the plan removes) cannot get worse.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rtmctl.device.state import DeviceState
from rtmctl.model.types import DeviceModel

_ERROR_SHARE = 0.001
_ERRORS_AT_LEAST = 10


class SignalKind(StrEnum):
    """What is looked at; registered here and in `read_signals`, nowhere else."""

    ANSWERS = "answers"
    BGP = "bgp session"
    BFD = "bfd session"
    LINK = "link"
    VTEPS = "remote VTEPs"
    EVPN = "EVPN routes"
    ERRORS = "interface errors"


_OF_OTHERS = frozenset({SignalKind.VTEPS, SignalKind.EVPN})
"""counts of what other devices provide"""


@dataclass(frozen=True, slots=True, order=True)
class SignalKey:
    device: str
    kind: SignalKind
    subject: str


@dataclass(frozen=True, slots=True)
class Worse:
    """One signal that is worse than the baseline."""

    key: SignalKey
    before: float
    now: float

    def __str__(self) -> str:
        subject = f" {self.key.subject}" if self.key.subject else ""
        return f"{self.key.device}: {self.key.kind.value}{subject}: {self.before:g} before, {self.now:g} now"


def in_short(worse: Sequence[Worse]) -> str:
    """A signal of the device that has lost most, as others have lost what it gave them; how many more there are."""
    losses = Counter(one.key.device for one in worse)
    first = max(worse, key=lambda one: losses[one.key.device])
    return f"{first} and {len(worse) - 1} more" if len(worse) > 1 else str(first)


def read_signals(device: str, state: DeviceState) -> dict[SignalKey, float]:
    """Up is 1 and down 0; counts are counts."""
    found: dict[SignalKey, float] = {SignalKey(device, SignalKind.ANSWERS, ""): 1}

    def put(kind: SignalKind, subject: str, value: float) -> None:
        found[SignalKey(device, kind, subject)] = value

    for session in state.bgp:
        put(SignalKind.BGP, f"{session.vrf} {session.peer}", float(session.state == "Established"))
    for bfd in state.bfd:
        put(SignalKind.BFD, f"{bfd.vrf} {bfd.peer}", float(bfd.up))
    for link in state.links:
        put(SignalKind.LINK, link.name, float(link.oper_up))
        put(SignalKind.ERRORS, link.name, link.rx_errors + link.tx_errors)
    for vni in state.vnis:
        put(SignalKind.VTEPS, str(vni.vni), len(vni.remote_vteps))
    remote = {route.originator for route in state.evpn if route.originator}
    put(SignalKind.EVPN, "originators", len(remote))
    return found


def signals(states: Mapping[str, DeviceState]) -> dict[SignalKey, float]:
    merged: dict[SignalKey, float] = {}
    for name, state in states.items():
        merged |= read_signals(name, state)
    return merged


def compare(
    baseline: Mapping[SignalKey, float],
    now: Mapping[SignalKey, float],
    targets: Mapping[str, DeviceModel],
    *,
    texts: Mapping[str, str] | None = None,
    packets: Mapping[SignalKey, float] | None = None,
) -> tuple[Worse, ...]:
    """What is worse now, sorted.

    Args:
        targets: the models after the change; a device without one must keep every signal.
        texts: target texts of devices without a model: what they do not mention cannot get worse, and counts of
            what others provide may fall to one.
        packets: packets of each link since the baseline, keyed as its ERRORS signal.
    """
    wanted = {name: _wanted(model, targets.values()) for name, model in targets.items()}
    found = []
    for key, before in baseline.items():
        value = now.get(key, 0)
        if key.kind is SignalKind.ERRORS:
            rise = value - before
            if key in now and rise >= max(_ERRORS_AT_LEAST, _ERROR_SHARE * (packets or {}).get(key, 0)):
                found.append(Worse(key, before, value))
            continue
        need = before
        if key.device in wanted:
            need = min(before, wanted[key.device].get((key.kind, key.subject), _unlisted(key, before)))
        elif texts and key.device in texts:
            need = _by_text(key, before, texts[key.device])
        elif texts and key.kind in _OF_OTHERS:
            need = min(before, 1)
        if value < need:
            found.append(Worse(key, before, value))
    return tuple(sorted(found, key=lambda worse: worse.key))


def _by_text(key: SignalKey, before: float, text: str) -> float:
    if key.kind is not SignalKind.EVPN and key.subject.split(" ")[-1] not in text.split():
        return _unlisted(key, before)
    return min(before, 1) if key.kind in _OF_OTHERS else before


def _unlisted(key: SignalKey, before: float) -> float:
    """A signal the target does not name: not wanted any more, except for those no model names."""
    return before if key.kind is SignalKind.ANSWERS else 0


def _wanted(model: DeviceModel, everybody: Iterable[DeviceModel]) -> dict[tuple[SignalKind, str], float]:
    """How much of each signal the target asks for at most."""
    found: dict[tuple[SignalKind, str], float] = {}
    for instance in model.bgp:
        for neighbor in instance.neighbors:
            subject = f"{instance.vrf} {neighbor.name}"
            found[SignalKind.BGP, subject] = 1
            if neighbor.bfd_profile:
                found[SignalKind.BFD, subject] = 1
    names = [port.name for port in model.ports] + [svi.name for svi in model.svis]
    names += [loopback.name for loopback in model.loopbacks] + [vrf.name for vrf in model.vrfs]
    found |= {(SignalKind.LINK, name): 1 for name in names}
    others = [other for other in everybody if other.hostname != model.hostname]
    for mac_vrf in model.mac_vrfs:
        found[SignalKind.VTEPS, str(mac_vrf.vni)] = sum(
            any(other_vrf.vni == mac_vrf.vni for other_vrf in other.mac_vrfs) for other in others
        )
    for vrf in model.vrfs:
        found[SignalKind.VTEPS, str(vrf.l3vni)] = sum(
            any(other_vrf.l3vni == vrf.l3vni for other_vrf in other.vrfs) for other in others
        )
    # who stretches nothing announces nothing, though it has a VTEP
    origins = [other for other in others if other.vtep is not None and (other.mac_vrfs or other.vrfs)]
    found[SignalKind.EVPN, "originators"] = len(origins)
    return found
