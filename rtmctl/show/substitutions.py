"""What stands in, in a lab, for what this kernel lacks: said once for all devices that have it."""

from collections.abc import Mapping

from rich.console import Console

from rtmctl.lab.substitute import Substitution


def print_substitutions(by_device: Mapping[str, tuple[Substitution, ...]]) -> None:
    """Grouped by reason and kind, since each device has its own names for the same thing."""
    groups: dict[tuple[str, str], set[str]] = {}
    for device, substitutions in by_device.items():
        for one in substitutions:
            groups.setdefault((one.why, one.production), set()).add(device)
    if not groups:
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print("in this lab, not in the production form:", style="dim")
    for (why, production), devices in sorted(groups.items()):
        console.print(f"  {why}: {production} is replaced on {len(devices)} devices", style="dim")
