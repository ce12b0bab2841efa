"""What most commands begin with: the site, its fabric, and the models of its devices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from rtmctl.base import Exit, PermanentError
from rtmctl.cli.options import Globals, Output, globals_of

if TYPE_CHECKING:  # `--help` loads none of these
    from rtmctl.fabric.types import Fabric
    from rtmctl.intent.site import Site
    from rtmctl.model.config import DeviceConfig
    from rtmctl.model.types import DeviceModel


@dataclass(frozen=True)
class OpenSite:
    """A site that validates, with its lock; the rest is derived when asked for."""

    site: Site
    fabric: Fabric
    said: Globals

    @cached_property
    def models(self) -> dict[str, DeviceModel]:
        from rtmctl.model import build_models

        return build_models(self.fabric)

    @cached_property
    def configs(self) -> dict[str, DeviceConfig]:
        """The production form of every device's configuration."""
        from rtmctl.render import render

        return {name: render(model) for name, model in self.models.items()}

    def check_devices(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        """The devices meant: all, or those named.

        Raises:
            PermanentError: an unknown name; the known ones are in the hint. Exit code 2.
        """
        known = tuple(device.name for device in self.fabric.devices)
        unknown = [name for name in names or () if name not in known]
        if unknown:
            raise PermanentError(
                f"site {self.site.name} has no device {', '.join(unknown)}",
                hint=f"its devices: {', '.join(known)}",
                exit=Exit.USAGE,
            )
        return tuple(names) if names else known


def open_site(ctx: typer.Context) -> OpenSite:
    """Read, check and derive the site named by --site.

    Raises:
        SiteInvalid: the files, or the lock, hold errors.
    """
    from rtmctl.fabric import derive, read_lock
    from rtmctl.intent import load_site

    said = globals_of(ctx)
    site = load_site(said.site)
    return OpenSite(site, derive(site, read_lock(said.site)), said)


def only(said: Globals, *forms: Output) -> Output:
    """The output form, refused when the command has no such form."""
    if said.output not in forms:
        raise PermanentError(
            f"this command has no --output {said.output}", hint=f"it has: {', '.join(forms)}", exit=Exit.USAGE
        )
    return said.output
