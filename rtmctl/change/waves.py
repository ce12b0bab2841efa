"""Which devices change together: never two that stand in for each other.

Leafs of one rack are a pair; spines are planes and change one plane at a time, a plane being the spine of the same
rank in every pod; border leafs stand in for each other. Idle devices (no session, no traffic) form one bootstrap wave.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rtmctl.base import PermanentError
from rtmctl.change.plan_types import Wave
from rtmctl.fabric.types import Device, Fabric, Role

_TIERS = ((Role.LEAF, "leafs"), (Role.BORDER, "borders"), (Role.SPINE, "spines"), (Role.SUPER_SPINE, "super-spines"))


@dataclass(frozen=True, slots=True)
class WaveOptions:
    canary: tuple[str, ...] = ()
    """these change alone, first"""
    max_unavailable: int | None = None
    """at most so many devices of a wave at once; idle ones do not count"""


ANY_WAVES = WaveOptions()


def partners(fabric: Fabric, name: str) -> tuple[str, ...]:
    """The devices that carry a device's traffic while it is away: its rack's other leaf, the other spines of its pod.

    Borders stand in for each other only within their rack here: which externals two racks share is the operator's.
    """
    device = fabric.device(name)
    if device.role in (Role.LEAF, Role.BORDER):
        return (device.pair,) if device.pair else ()
    return tuple(
        other.name
        for other in fabric.devices
        if other.role is device.role and other.name != name and (other.pod == device.pod or _is_top(other))
    )


def check_waves(changing: Collection[str], options: WaveOptions) -> None:
    """Raises PermanentError for a canary that does not change, or `max_unavailable` below one."""
    if options.max_unavailable is not None and options.max_unavailable < 1:
        raise PermanentError("max-unavailable must be at least 1")
    if unknown := sorted(set(options.canary) - set(changing)):
        raise PermanentError(
            f"canary {', '.join(unknown)} does not change in this plan",
            hint=f"devices that change: {', '.join(sorted(changing)) or 'none'}",
        )


def plan_waves(
    fabric: Fabric, changing: Collection[str], idle: Collection[str], options: WaveOptions = ANY_WAVES
) -> tuple[Wave, ...]:
    """Order the changing devices into waves: bootstrap, canary, leafs, borders, spines, super-spines."""
    canary = tuple(name for name in options.canary if name in changing)
    waves = []
    if boot := tuple(sorted(set(changing) & set(idle) - set(canary))):
        waves.append(Wave("bootstrap", boot))
    waves += [Wave(f"canary {name}", (name,)) for name in canary]
    rest = [d for d in fabric.devices if d.name in changing and d.name not in boot and d.name not in canary]
    for role, title in _TIERS:
        groups = _groups(fabric, [d for d in rest if d.role is role])
        groups = [part for group in groups for part in _split(group, options.max_unavailable)]
        for number, group in enumerate(groups, 1):
            name = f"{title} {number}/{len(groups)}" if len(groups) > 1 else title
            waves.append(Wave(name, group))
    return tuple(waves)


def ordered_waves(
    waves: Sequence[Wave], *, together: Collection[str] = (), first: Collection[str] = ()
) -> tuple[Wave, ...]:
    """The waves with `together` taken out of them into a last one, and those of `first` before all others."""
    early: list[Wave] = []
    late: list[Wave] = []
    for wave in waves:
        if rest := tuple(name for name in wave.devices if name not in together):
            (early if set(rest) & set(first) else late).append(Wave(wave.name, rest))
    boot = [wave for wave in late if wave.name == "bootstrap"]
    last = [Wave("all at once", tuple(sorted(together)))] if together else []
    return (*boot, *early, *(wave for wave in late if wave not in boot), *last)


def _groups(fabric: Fabric, devices: Sequence[Device]) -> list[tuple[str, ...]]:
    rank_of = planes(fabric)
    groups: dict[int, list[str]] = {}
    for number, device in enumerate(sorted(devices, key=lambda d: d.name)):
        if device.role is Role.SPINE:
            rank = rank_of[device.name]
        elif device.role is Role.LEAF:
            rank = int(any(device.pair == other.name and other.name < device.name for other in devices))
        else:
            rank = number
        groups.setdefault(rank, []).append(device.name)
    return [tuple(groups[rank]) for rank in sorted(groups)]


def planes(fabric: Fabric) -> dict[str, int]:
    """A spine's rank among its pod's spines by name."""
    pods: dict[str, list[str]] = {}
    for device in fabric.devices:
        if device.role is Role.SPINE:
            pods.setdefault(device.pod, []).append(device.name)
    return {name: rank for names in pods.values() for rank, name in enumerate(sorted(names))}


def _split(group: tuple[str, ...], limit: int | None) -> list[tuple[str, ...]]:
    size = limit or len(group)
    return [group[i : i + size] for i in range(0, len(group), size)]


def _is_top(device: Device) -> bool:
    return device.role is Role.SUPER_SPINE
