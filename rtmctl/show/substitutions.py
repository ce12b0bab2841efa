"""What stands in, in a lab, for what this kernel lacks: one line a reason, whatever it is about."""

from collections.abc import Mapping

from rtmctl.lab.substitute import Substitution
from rtmctl.show.terminal import terminal


def print_substitutions(by_device: Mapping[str, tuple[Substitution, ...]], *, every: bool = False) -> None:
    """Grouped by reason, since each device has its own names for the same thing; `every` names each one."""
    groups: dict[str, dict[str, set[str]]] = {}
    for device, substitutions in by_device.items():
        for one in substitutions:
            groups.setdefault(one.why, {}).setdefault(device, set()).add(f"{one.what}: {one.production} → {one.lab}")
    if not groups:
        return
    console = terminal()
    console.print("in this lab, not in the production form:", style="dim")
    for why, devices in sorted(groups.items()):
        count = sum(len(lines) for lines in devices.values())
        console.print(f"  {why}: {count} replaced on {len(devices)} devices", style="dim", markup=False)
        for device, lines in sorted(devices.items()) if every else ():
            for line in sorted(lines):
                console.print(f"    {device}: {line}", style="dim", markup=False)
    if not every:
        console.print("  --verbose names each", style="dim", markup=False)
