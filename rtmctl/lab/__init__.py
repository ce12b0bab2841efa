"""A fabric, running on this machine: images, nodes, wires, and a way in. What runs on the nodes is not decided here.

    lab = open_lab("waw1")                        # by name; nothing happens yet
    lab.up(fabric, Choices(image="switch-frr10")) # images are built on first use; idempotent, resumes a half-built lab
    lab.status().complete                         # LabStatus with a NodeStatus for each node
    access = lab.access("leaf1")                  # address, port, user, key, known_hosts, host_key
    socket = access.dial(access.address, 22)      # connected TCP socket; asyncssh and paramiko take it as sock=
    lab.run("leaf1", "vtysh", "-c", "show version", timeout_s=10).stdout   # as root, beside SSH
    lab.command("h1", ("ping", "-c1", "10.0.0.1"))                         # the same as an argument list
    lab.power_off("leaf1"); lab.power_on("leaf1"); lab.reboot("leaf1")     # /etc and /var are kept, /run is not
    PowerWay("waw1")                              # power_way: nodes off under a lease, on again whoever is killed
    lab.start_daemon("leaf1", "bgpd")             # nothing restarts an FRR daemon but this
    lab.down()                                    # always removes everything, whatever state it was in

Switches are born with a factory configuration: hostname, management address on eth0, FRR with an empty configuration,
sshd, lldpd, the account `rtmctl` with one sudo rule, for `/usr/local/lib/rtmctl/agent` (this tree's
`rtmctl/device/frr/agent/` in one file, renewed at `up` as its DHCP relay is; run as `agent boot` before sysctl,
networking, nftables and FRR start). Hosts are light namespaces with addresses, over a switch's image, in which dnsmasq
and dhcpcd are theirs; `systemd: true` makes them whole machines by systemd-nspawn, reachable on `mgmt0` with the same
account and key, and with sudo for everything. `up` on a lab that runs makes it what the fabric is now: nodes and cables
come and go, hosts with another address start anew, the rest keeps running. What this machine's kernel cannot do is
replaced by `substitute.adapt(config, lab.features(node))`, and listed.

Tests set RTMCTL_LAB_STATE to a folder of their own, so that labs of the same name do not meet; RTMCTL_CACHE moves the
images. State and sockets are found below those folders, never by process name.
"""

from rtmctl.lab.choices import Choices
from rtmctl.lab.driver import Access, Lab, LabStatus, NodeStatus
from rtmctl.lab.drivers import DRIVERS, open_lab
from rtmctl.lab.features import Features

__all__ = ["DRIVERS", "Access", "Choices", "Features", "Lab", "LabStatus", "NodeStatus", "open_lab"]
