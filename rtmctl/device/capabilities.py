"""The guard each platform's driver can put under a change; known without opening a session."""

from collections.abc import Mapping

from rtmctl.device.types import Capabilities

CAPABILITIES: Mapping[str, Capabilities] = {
    "frr": Capabilities(revert_timer=True, granularity_s=1, extendable=True, survives_reboot=True),
}
