"""Text back to the model."""

from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel


def parse(config: DeviceConfig) -> DeviceModel:
    raise NotImplementedError
