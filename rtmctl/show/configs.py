"""Configurations for programs: one JSON object a device and line."""

import json
from collections.abc import Mapping

from rtmctl.model.config import DeviceConfig


def print_configs(configs: Mapping[str, DeviceConfig]) -> None:
    for device, config in configs.items():
        print(json.dumps({"version": 1, "device": device, "sections": dict(config.sections), "hash": config.hash()}))
