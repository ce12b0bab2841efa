"""Which devices a command speaks to: the site's own, or those of a lab that runs a copy of it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtmctl.base import PermanentError, Refused
from rtmctl.base.folders import expanded
from rtmctl.cli.context import OpenSite
from rtmctl.device import Endpoint, Session, connect
from rtmctl.intent.schema.site import Environment
from rtmctl.lab import Lab, open_lab
from rtmctl.lab.substitute import Substitution, adapt, restore
from rtmctl.model.config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Target:
    """Where devices are reached, and what their texts become there."""

    label: str
    endpoints: Mapping[str, Endpoint]
    lab: Lab | None = None

    async def connect(self, name: str) -> Session:
        """A session to a device; raises what `rtmctl.device.connect` does."""
        return await connect(self.endpoints[name])

    def adapt(self, configs: Mapping[str, DeviceConfig]) -> dict[str, DeviceConfig]:
        """The production form, or what a lab on this kernel takes in its place."""
        if self.lab is None:
            return dict(configs)
        return {device: adapt(config, self.lab.features(device))[0] for device, config in configs.items()}

    def restore(self, device: str, running: DeviceConfig) -> DeviceConfig | None:
        """The production form of what a device runs; None where it is that of none."""
        return running if self.lab is None else restore(running, self.lab.features(device))

    def substitutions(self, configs: Mapping[str, DeviceConfig]) -> dict[str, tuple[Substitution, ...]]:
        """What `adapt` replaces, by device."""
        if self.lab is None:
            return {}
        return {device: adapt(config, self.lab.features(device))[1] for device, config in configs.items()}


def find_target(opened: OpenSite) -> Target:
    """The lab that --lab names, the lab of the site's own name when its environment is `lab`, else the site itself.

    Raises:
        PermanentError: the lab does not run.
        Refused: the site has no known host keys.
    """
    site = opened.site
    name = opened.said.lab or (site.name if site.intent.environment is Environment.LAB else None)
    if name is None:
        return Target(f"site {site.name} ({site.intent.environment})", _own_endpoints(opened))
    lab = open_lab(name)
    if not lab.status().running:
        raise PermanentError(f"lab {name} does not run", hint=f"start it: rtmctl lab up --site {opened.said.site}")
    endpoints = {device.name: lab_endpoint(lab, device.name, device.platform) for device in opened.fabric.devices}
    return Target(f"lab {name} on this machine", endpoints, lab)


def lab_endpoint(lab: Lab, device: str, platform: str) -> Endpoint:
    """Raises PermanentError when the lab has no such device."""
    access = lab.access(device)
    return Endpoint(
        device, platform, access.address, access.port, access.user, access.key, access.known_hosts, access.dial
    )


def _own_endpoints(opened: OpenSite) -> dict[str, Endpoint]:
    return {d.name: login(opened, d.name, d.platform, str(d.management.ip)) for d in opened.fabric.devices}


def login(opened: OpenSite, name: str, platform: str, address: str) -> Endpoint:
    """How the site's management section logs in at one of its addresses.

    Raises:
        Refused: the site has no known host keys.
        PermanentError: its key is named otherwise than by a file.
    """
    management = opened.site.intent.management
    known_hosts = opened.site.root / management.known_hosts
    if not known_hosts.is_file():
        raise Refused(
            f"no host keys: {known_hosts} does not exist",
            hint="collect the devices' SSH host keys into it, in known_hosts form: an unknown key is never accepted; "
            "or act on a lab of this site that runs here: --lab NAME",
        )
    key = _key_file(management.key, opened.site.root)
    return Endpoint(name, platform, address, management.port, management.user, key, known_hosts)


def _key_file(reference: str | None, root: Path) -> Path | None:
    """The path behind a `file:` reference; None leaves the choice to the SSH agent."""
    if reference is None:
        return None
    kind, _, rest = reference.partition(":")
    if kind != "file":
        raise PermanentError(
            f"management.key is {reference!r}; an SSH key is named by file:PATH", hint="or left out: the SSH agent's"
        )
    return root / expanded(rest)
