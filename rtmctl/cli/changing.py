"""What the changing commands share: the open site as the `Network` of the room `change`, with a way to its devices."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from rtmctl.base.folders import state_folder
from rtmctl.change import Network, plan_key, resolver
from rtmctl.cli.context import OpenSite
from rtmctl.cli.site_store import site_store
from rtmctl.cli.target import Target, find_target
from rtmctl.lab.secrets import lab_secret
from rtmctl.model import DeviceConfig, DeviceModel, build_models
from rtmctl.render import render


@dataclass(frozen=True, slots=True)
class Changing:
    network: Network
    target: Target


def changing(opened: OpenSite) -> Changing:
    """Everything a change needs of this site.

    Raises:
        PermanentError: the lab does not run, or the store cannot be opened.
    """
    target = find_target(opened)

    def write(model: DeviceModel) -> DeviceConfig:
        return target.adapt({model.hostname: render(model)})[model.hostname]

    def build(drained: frozenset[str]) -> tuple[Mapping[str, DeviceModel], Mapping[str, DeviceConfig]]:
        models = build_models(opened.fabric, drained)
        return models, {name: write(model) for name, model in models.items()}

    site = opened.site
    network = Network(
        site.name,
        opened.fabric,
        build,
        target.connect,  # type: ignore[arg-type]  # the frr session has the notes that a transaction needs
        site_store(opened),
        write=write,
        restore=target.restore,
        resolve=partial(lab_secret, target.lab.name) if target.lab else resolver(site.root, os.environ),
        plan_key=plan_key(state_folder(os.environ)),
        freezes=tuple(window for window in site.intent.freeze if window.labs or not target.lab),
    )
    return Changing(network, target)
