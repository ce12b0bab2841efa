#!/bin/sh
# PID 1 of a routed host or an external peer: addresses by the lab's batch, then FRR.
read -r _ || exit 1  # the lab was killed before the cables were in: gone, so that the next `up` starts anew
exec </dev/null
ip link set lo up
mkdir -p /run/frr /run/lock /var/tmp/frr
chown frr:frr /run/frr /var/tmp/frr
for setting in net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.ignore_routes_with_linkdown=1; do
    sysctl -qw "$setting"
done
[ -e /etc/rtmctl/host.batch ] && ip -force -batch /etc/rtmctl/host.batch
/usr/local/lib/rtmctl/lab/daemons start 3>&-
echo ready >&3
exec 3>&-
while :; do sleep infinity & wait $!; done
