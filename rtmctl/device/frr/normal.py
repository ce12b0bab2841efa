"""The form in which a target and what a device runs are compared: the agent's own functions, used on this side."""

from rtmctl.device.frr import agent
from rtmctl.model.config import DeviceConfig


def normal_form(config: DeviceConfig, mask_key: str | None = None) -> DeviceConfig:
    """Comments, separators, versions and block order gone; with `Running.mask_key`, secrets as keyed hashes.

    `normal_form(target, running.mask_key) == running.config`, section by section, means that there is nothing to do.
    Sections come in the agent's order; one that the target lacks is left as it is on the device.
    """
    texts = dict(config.sections)
    return DeviceConfig(
        tuple((name, agent.normal(name, texts[name], mask_key)) for name in agent.FILES if name in texts)
    )
