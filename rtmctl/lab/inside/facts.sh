#!/bin/sh
# What a node has while it is on, and must have again after a boot: for each network namespace its links and addresses,
# then the daemons that run, then hashes of the configuration it boots from. Sections begin with a line "== NAME".
for space in main $(ls /run/netns 2>/dev/null); do
    echo "== links $space"
    if [ "$space" = main ]; then ip -j -d addr; else ip -n "$space" -j -d addr; fi
done
echo "== daemons"
for file in /run/frr/*.pid; do
    pid=$(cat "$file" 2>/dev/null) && [ -n "$pid" ] && [ -d "/proc/$pid" ] && basename "$file" .pid
done
for name in sshd lldpd dnsmasq; do pidof "$name" >/dev/null && echo "$name"; done
[ -d /run/systemd/system ] && systemctl is-system-running
echo "== files"
for file in /etc/frr/frr.conf /etc/frr/daemons /etc/network/interfaces /etc/nftables.conf /etc/sysctl.d/*.conf \
    /etc/lldpd.d/*.conf /etc/rtmctl/*; do
    [ -f "$file" ] && sha256sum "$file"
done
exit 0
