#!/bin/sh
# sysctl on a lab's switch whose VRFs are network namespaces: what is set for the device is set in each of those too.
# A key that exists in one namespace alone (an interface's) is no error.
real=/usr/sbin/sysctl
spaces=$(ls /run/netns 2>/dev/null)
case " $* " in
    *" -w "* | *" -qw "* | *" -p "* | *" --system "* | *" --load"*) ;;
    *) exec $real "$@" ;;
esac
[ -n "$spaces" ] || exec $real "$@"
for space in $spaces; do
    ip netns exec "$space" $real -qe "$@" >/dev/null 2>&1
done
exec $real -e "$@"
