# In namespaces of its own: two bgpd of the image $ROOT. The peer (AS 65001) sends five prefixes, one of them with our AS
# four times in its path; we (AS 65002) take two of them and have $LINES in the address family. Shows what became of it.
set -u
mount --make-rprivate /
for folder in run tmp var/log var/tmp; do mount -t tmpfs tmpfs "$ROOT/$folder"; done
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mkdir -p "$ROOT/run/frr/peer" "$ROOT/run/frr/us" "$ROOT/var/log/frr" "$ROOT/var/tmp/frr"
ip link set lo up
ip link add one type veth peer name two
ip address add 10.0.0.1/24 dev one
ip address add 10.0.0.2/24 dev one
ip link set one up
ip link set two up
cat > "$ROOT/tmp/peer.conf" <<X
frr defaults datacenter
router bgp 65001
 bgp router-id 10.0.0.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 10.0.0.2 remote-as 65002
 neighbor 10.0.0.2 update-source 10.0.0.1
 neighbor 10.0.0.2 disable-connected-check
 neighbor 10.0.0.2 timers connect 1
 address-family ipv4 unicast
  network 198.51.100.0/26
  network 198.51.100.64/26
  network 198.51.100.128/26
  network 203.0.113.0/25
  network 203.0.113.128/25
  neighbor 10.0.0.2 route-map OUT out
 exit-address-family
ip prefix-list LOOP seq 5 permit 203.0.113.128/25
route-map OUT permit 10
 match ip address prefix-list LOOP
 set as-path prepend 65002 65002 65002 65002
route-map OUT permit 20
X
cat > "$ROOT/tmp/us.conf" <<X
frr defaults datacenter
router bgp 65002
 bgp router-id 10.0.0.2
 no bgp ebgp-requires-policy
 neighbor 10.0.0.1 remote-as 65001
 neighbor 10.0.0.1 update-source 10.0.0.2
 neighbor 10.0.0.1 disable-connected-check
 neighbor 10.0.0.1 timers connect 1
 address-family ipv4 unicast
$LINES
  neighbor 10.0.0.1 route-map IN in
 exit-address-family
ip prefix-list TAKEN seq 5 permit 203.0.113.0/24 ge 25
route-map IN permit 10
 match ip address prefix-list TAKEN
X
chroot "$ROOT" chown -R frr:frr /run/frr /var/log/frr /var/tmp/frr /tmp
for name in peer us; do
    address=10.0.0.1; [ $name = us ] && address=10.0.0.2
    chroot "$ROOT" /usr/lib/frr/bgpd -d -n -Z -l $address -P 0 -f /tmp/$name.conf -i /run/frr/$name.pid \
        --vty_socket /run/frr/$name -z /run/frr/$name/zserv < /dev/null > /dev/null 2>&1
done
ask() { chroot "$ROOT" vtysh --vty_socket /run/frr/us -c "$1" 2> /dev/null; }
for _ in $(seq 120); do
    case "$(ask 'show bgp ipv4 unicast')" in *203.0.113.0/25*) break ;; esac
    case "$(ask 'show bgp ipv4 unicast summary')" in *PfxCt*) break ;; esac
    sleep 0.5
done
sleep 1
# 8.4 counts when it takes a prefix: look at them again, with all of them held
ask 'clear bgp ipv4 unicast 10.0.0.1 soft in'
sleep 2
ask 'show bgp ipv4 unicast summary' | grep -q PfxCt && echo closed
ask 'show bgp ipv4 unicast' | grep -o '203.0.113[0-9./]*'
exit 0
