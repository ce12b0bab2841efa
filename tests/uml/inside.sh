# Under the UML kernel: builds the shape in $SHARED, every switch on /run/image, applies the rendered configuration, and tests it.
# Each result is a file below $SHARED/results. Python takes seconds to start here: the checks are few and well chosen.
set -u
results=$SHARED/results
mkdir -p $results
say() { echo "[$(cut -d' ' -f1 /proc/uptime)] $*"; }

node() { # node NAME: its own network, mount and host name; a PID file to enter it
    local root=/run/nodes/$1
    mkdir -p $root/upper $root/work $root/root
    mount -t overlay -o lowerdir=/run/image,upperdir=$root/upper,workdir=$root/work overlay $root/root
    ip netns add $1
    ip netns exec $1 unshare -m -u bash -c "
        hostname $1; cd $root/root
        mount -t proc proc proc; mount -t sysfs sysfs sys; mount --bind /dev dev; mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs tmp
        mkdir -p run/frr run/lock run/network var/tmp/frr var/log/frr; mkdir -p .$SHARED; mount --bind $SHARED .$SHARED
        chroot . chown frr:frr run/frr var/tmp/frr var/log/frr
        echo \$\$ > /run/$1.pid; exec sleep infinity" > /dev/null 2>&1 < /dev/null &
    while [ ! -s /run/$1.pid ]; do sleep 0.1; done
    ip -n $1 link set lo up
    ip -n $1 link add eth0 type dummy
}
on() { # on NAME COMMAND...: in the node's own root
    local name=$1; shift # a new mount namespace begins at the kernel's root, below which this script runs chrooted
    nsenter -t "$(cat /run/$name.pid)" -m -u -n chroot "/mnt/root/run/nodes/$name/root" "$@"
}
host() { ip netns add $1; ip -n $1 link set lo up; }
state() { # state SWITCH: what ifupdown2 is answerable for
    on $1 ip -d link; on $1 ip address; on $1 bridge vlan; on $1 bridge -d link; on $1 bridge fdb | grep -v extern_learn
}
pings() { # pings FROM ADDRESS RESULT
    ip netns exec $1 ping -c 3 -i 0.3 -W 1 $2 > $results/$3 2>&1; echo "$?" > $results/$3.status
}

for name in $SWITCHES; do node $name; done
for name in $HOSTS; do host $name; done
while read -r a port_a b port_b; do ip link add $port_a netns $a type veth peer name $port_b netns $b; done < $SHARED/wires
say "wired"

start() { # what a switch does at boot
    on $1 cp $SHARED/$1/interfaces /etc/network/interfaces
    on $1 cp $SHARED/$1/frr /etc/frr/frr.conf
    on $1 sh -c "echo 'service integrated-vtysh-config' > /etc/frr/vtysh.conf; chown -R frr:frr /etc/frr"
    on $1 sysctl -q -p $SHARED/$1/sysctl > $results/$1.sysctl.early 2>&1
    on $1 ifreload -a > $results/$1.ifreload 2>&1; echo $? > $results/$1.ifreload.status
    on $1 sysctl -q -p $SHARED/$1/sysctl > $results/$1.sysctl 2>&1
    for daemon in $DAEMONS; do on $1 /usr/lib/frr/$daemon -d -F datacenter -A 127.0.0.1 > /dev/null 2>&1 < /dev/null; done
    on $1 vtysh -b > $results/$1.vtysh 2>&1
    on $1 sh -c "mkdir -p /etc/rtmctl; cp $SHARED/$1/dhcp-relay /etc/rtmctl/dhcp-relay.conf"
    on $1 $SHARED/dhcp-relay run > $results/$1.dhcp-relay 2>&1 < /dev/null &
    say "$1 runs"
}
for name in $SWITCHES; do start $name; done
. $SHARED/hosts.sh
say "hosts are up"

for _ in $(seq 30); do
    ip netns exec h1 ping -c 1 -W 1 $H2_COLLECT > /dev/null 2>&1 &&
        ip netns exec h2 ping -c 1 -W 1 $H3 > /dev/null 2>&1 && break
    ip netns exec h3 ping -c 1 -W 1 $H3_GATEWAY > /dev/null 2>&1 # a silent host speaks
    ip netns exec h4 ping -c 1 -W 1 $H4_GATEWAY > /dev/null 2>&1
done
say "converged"
pings h1 $H2_COLLECT l2
pings h1 $H2_COLLECT6 l2-ipv6
pings h2 $H3 symmetric-irb
pings h1 $H2_STREAM routed-to-trunk
pings h1 $H2_STREAM6 routed-ipv6
pings h3 $H4 leak
pings h4 $H3 leak-back
pings h1 $H4 no-leak
on leaf2 ip route show vrf office > $results/leaf2.office 2>&1
on leaf2 ip route show vrf events > $results/leaf2.events-routes 2>&1
ip netns exec h2 ip -6 route show default > $results/router-advertisement 2>&1
say "traffic"

for name in leaf1 leaf2 spine1; do on $name vtysh -c "show running-config no-header" > $results/$name.running; done
for name in $CHECKED; do
    state $name > $results/$name.before
    on $name ip -o monitor link address > $results/$name.events 2>&1 & monitor=$!
    on $name ifreload -a > $results/$name.second 2>&1; echo $? > $results/$name.second.status
    state $name > $results/$name.after
    kill $monitor
    on $name ifquery -a --check > $results/$name.check 2>&1; echo $? > $results/$name.check.status
    on $name /usr/lib/frr/frr-reload.py --test --stdout $SHARED/$name/frr > $results/$name.reload 2>&1; echo $? > $results/$name.reload.status
    say "$name checked"
done
pings h1 $H2_COLLECT l2-after
ip netns exec h3 dnsmasq --port=0 --no-ping --user=root --log-dhcp --log-facility=$results/dnsmasq --dhcp-leasefile=/tmp/leases \
    --dhcp-range=10.10.10.100,10.10.10.150,255.255.255.0 --dhcp-range=2001:db8:10::a00,2001:db8:10::aff,64
boots() { # boots HOST IP-VERSION: a real client on a host without an address
    ip -$2 -n $1 address flush scope global
    ip netns exec $1 dhcpcd -$2 -1 -t 40 --noarp --noipv4ll --script /bin/true > $results/dhcpv$2.client 2>&1
    ip -$2 -n $1 -o address show scope global > $results/dhcpv$2
}
boots h1 4
boots h1 6
say "dhcp"
say "done"
