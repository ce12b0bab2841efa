#!/bin/sh
# PID 1 of a switch node: what systemd does on the real device, in the same order.
# 0 is a pipe on which the lab says "go" once all cables are in; 3 tells the lab that the boot is over.
read -r _ || exit 1  # the lab was killed before the cables were in: gone, so that the next `up` starts anew
exec </dev/null
lab=/usr/local/lib/rtmctl/lab
echo "--- boot $(date -u +%FT%TZ)"
ip link set lo up
mkdir -p /run/frr /run/sshd /run/lock /run/netns /run/network /run/lldpd /var/tmp/frr
chown frr:frr /run/frr /var/tmp/frr

# With namespaces as VRFs FRR 10 prints `interface NAME vrf VRF`; its frr-reload.py takes the VRF out of the file's line
# but not out of the running one, and would replace every such interface at each reload.
if [ -e /usr/local/sbin/ifreload ]; then
    sed -i 's/line = get_normalized_interface_vrf(line)/pass/' /usr/lib/frr/frr-reload.py
fi

# Ordered before networking, as the unit on a real switch: restores the pre-image of an unconfirmed change. A switch
# that never saw a change has nothing to restore, and a Python less to start is a quarter of a factory boot.
[ -x /usr/local/lib/rtmctl/agent ] && [ -e /var/lib/rtmctl ] && /usr/local/lib/rtmctl/agent boot 3>&-

for file in /etc/sysctl.d/*.conf; do [ -e "$file" ] && sysctl -q -p "$file"; done
# ifupdown2 takes a quarter of a second of CPU: the untouched factory file is applied by its ready-made batch.
if cmp -s /etc/network/interfaces $lab/factory.interfaces; then
    ip -batch $lab/factory.batch
else
    ifreload -a 3>&-
fi
[ -s /etc/nftables.conf ] && nft -f /etc/nftables.conf
/usr/sbin/sshd 3>&-
$lab/daemons start 3>&-
/usr/sbin/lldpd 3>&-
[ -s /etc/rtmctl/dhcp-relay.conf ] && /usr/local/lib/rtmctl/dhcp-relay start 3>&-
[ -x /usr/local/lib/rtmctl/injector ] && [ -e /var/lib/rtmctl/drill ] && /usr/local/lib/rtmctl/injector boot 3>&-
echo ready >&3
exec 3>&-
while :; do sleep infinity & wait $!; done
