# In namespaces of its own: FRR of the image $ROOT loads $CONF; shows what it runs and what frr-reload would change.
set -u
mount --make-rprivate /
for folder in run tmp var/log var/tmp; do mount -t tmpfs tmpfs "$ROOT/$folder"; done
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mkdir -p "$ROOT/run/frr" "$ROOT/var/log/frr" "$ROOT/var/tmp/frr" "$ROOT/tmp/frr"
mount --bind "$ROOT/tmp/frr" "$ROOT/etc/frr"
cp "$CONF" "$ROOT/tmp/target.conf"; cp "$NFT" "$ROOT/tmp/target.nft"
hostname "$NAME"
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
ip link set lo up
printf 'frr defaults datacenter\nhostname %s\nservice integrated-vtysh-config\n' "$NAME" > "$ROOT/etc/frr/frr.conf"
echo 'service integrated-vtysh-config' > "$ROOT/etc/frr/vtysh.conf"
chroot "$ROOT" chown -R frr:frr /run/frr /var/log/frr /var/tmp/frr /etc/frr
for daemon in $DAEMONS; do chroot "$ROOT" "/usr/lib/frr/$daemon" -d -F datacenter -A 127.0.0.1 < /dev/null > /dev/null 2>&1; done
chroot "$ROOT" vtysh -b > /dev/null 2>&1
chroot "$ROOT" vtysh -f /tmp/target.conf 2>&1 | grep -E '^line|rror|nknown' && exit 3
chroot "$ROOT" vtysh -c write > /dev/null 2>&1
chroot "$ROOT" vtysh -c 'show running-config no-header'
echo '==== saved'
cat "$ROOT/etc/frr/frr.conf"
echo '==== reload'
chroot "$ROOT" /usr/lib/frr/frr-reload.py --test --stdout /tmp/target.conf 2>&1 | grep -v ' INFO: '
echo '==== nft'
chroot "$ROOT" nft -f /tmp/target.nft 2>&1 && chroot "$ROOT" nft -f /tmp/target.nft 2>&1
chroot "$ROOT" nft list ruleset
