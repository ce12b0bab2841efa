"""What one device is to run, vendor-neutral and complete: render, check, the plan's reset analysis and verify read
this, and nobody derives policy again from text or intent.
"""

from rtmctl.model.build import build_models
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel

__all__ = ["DeviceConfig", "DeviceModel", "build_models"]
