"""Where napalm looks for the community driver `frr`; the driver is `rtmctl.device.frr.napalm`."""

from rtmctl.device.frr.napalm import FrrDriver

__all__ = ["FrrDriver"]
