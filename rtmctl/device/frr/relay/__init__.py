"""The DHCP relay agent of a switch of platform frr. Standard library only, Python 3.9 or newer, runs as root.

    dhcp-relay run      serve what /etc/rtmctl/dhcp-relay.conf says, until a signal (systemd's ExecStart)
    dhcp-relay start    the same in the background, for a switch without systemd; ends one that runs
    dhcp-relay stop     end it
    dhcp-relay check    whether standard input could be that file

It listens by UDP sockets of its own, one an SVI and one a VRF, so it sees what is sent to this switch and nothing that
is only routed through it. Requests leave from the VRF's loopback, which is this leaf's alone; the server is told the
subnet by link selection, because the gateway's address stands on every leaf. `lines`, `dhcp4` and `dhcp6` are pure.

A device is given one file: `rtmctl.device.frr.install.relay_file()` packs these modules.
"""

from .lines import FILE as FILE
from .lines import Relay as Relay
from .lines import read_lines as read_lines
