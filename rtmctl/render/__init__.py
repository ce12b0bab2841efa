"""DeviceModel to text: one module a platform beside `templates/<platform>/`.

Templates only print what the model says. Parsing text back to a model is the platform's own: `rtmctl.render.frr.parse`.
"""

from collections.abc import Callable, Mapping

from rtmctl.base import PermanentError
from rtmctl.model.config import DeviceConfig
from rtmctl.model.types import DeviceModel
from rtmctl.render import frr

PLATFORMS: Mapping[str, Callable[[DeviceModel], DeviceConfig]] = {
    "frr": frr.render,
}
"""Every platform that can be rendered."""


def render(model: DeviceModel) -> DeviceConfig:
    """The configuration the device is to run: the same text for equal models.

    Raises:
        PermanentError: the platform is unknown, or cannot express something in the model.
    """
    platform = PLATFORMS.get(model.platform)
    if platform is None:
        known = ", ".join(sorted(PLATFORMS))
        raise PermanentError(
            f"{model.hostname}: platform {model.platform!r} cannot be rendered", hint=f"known platforms: {known}"
        )
    return platform(model)


__all__ = ["PLATFORMS", "render"]
