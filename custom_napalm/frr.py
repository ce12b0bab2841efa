"""Where napalm looks for the driver `frr` first; it is `rtmctl.device.frr.napalm`.

A namespace package, so that a site may have drivers of its own beside it. Not `napalm_frr`: napalm's command line
wants a distribution of that name for every module that is called like one of its own.
"""

from rtmctl.device.frr.napalm import FrrDriver

__all__ = ["FrrDriver"]
