# In namespaces of its own: two hosts, a router whose interfaces are called as the gateways are, the rendered ruleset.
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$ROOT/run"; mount -t tmpfs tmpfs "$ROOT/tmp"
mount --rbind /dev "$ROOT/dev"; mount -t proc proc "$ROOT/proc"
cp "$NFT" "$ROOT/tmp/target.nft"
mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns
host() { # host NAME VLAN ADDRESS GATEWAY
    ip netns add "$1"; ip -n "$1" link set lo up
    ip link add "$2" type veth peer name eth0 netns "$1"
    ip address add "$4/24" dev "$2"; ip link set "$2" up
    ip -n "$1" address add "$3/24" dev eth0; ip -n "$1" link set eth0 up
    ip -n "$1" route add default via "$4"
}
host collect vlan10 10.10.10.5 10.10.10.1
host stream vlan20 10.10.20.5 10.10.20.1
echo 1 > /proc/sys/net/ipv4/ip_forward
on() { local name=$1; shift; ip netns exec "$name" chroot "$ROOT" "$@"; }
serve='import socket,sys
s=socket.create_server(("", int(sys.argv[1])))
while True: s.accept()[0].close()'
for port in 9092 9093; do on stream python3 -c "$serve" $port & done
on collect python3 -c "$serve" 9092 &
verdict() { # verdict NAME COMMAND...
    local name=$1; shift
    if "$@" > /dev/null 2>&1; then echo "$name passes"; else echo "$name dropped"; fi
}
connect() { on "$1" python3 -c "import socket; socket.create_connection((\"$2\", $3), 1)"; }
for _ in $(seq 50); do connect collect 10.10.20.5 9093 && connect stream 10.10.10.5 9092 && break; sleep 0.1; done
connect collect 10.10.20.5 9093; connect stream 10.10.10.5 9092 # without the ruleset all pass: the test can fail
chroot "$ROOT" nft -f /tmp/target.nft
verdict collect-gateway-icmp on collect ping -c 1 -W 1 10.10.10.1
verdict collect-stream-icmp on collect ping -c 1 -W 1 10.10.20.5
verdict collect-stream-9092 connect collect 10.10.20.5 9092
verdict collect-stream-9093 connect collect 10.10.20.5 9093
verdict stream-collect-9092 connect stream 10.10.10.5 9092
