#!/bin/sh
# daemons start [NAME...]: start FRR's daemons (all that /etc/frr/daemons names) and give them the saved configuration.
# Nothing supervises them: a daemon that a drill killed stays dead until this is called.
. /etc/frr/daemons
[ "$1" = start ] || { echo "usage: daemons start [NAME...]" >&2; exit 2; }
shift
names=${*:-$lab_daemons}
for name in $names; do
    pid=$(cat "/run/frr/$name.pid" 2>/dev/null) && [ -n "$pid" ] && [ -d "/proc/$pid" ] && continue
    eval "options=\$${name}_options"
    # shellcheck disable=SC2086  # options are words
    "/usr/lib/frr/$name" -d -F "${frr_profile:-traditional}" $options >>/var/log/frr/start.log 2>&1 </dev/null || failed="$failed $name"
done
[ -n "$failed" ] && { echo "daemons:$failed did not start, see /var/log/frr/start.log" >&2; exit 1; }
if [ "$names" = "$lab_daemons" ]; then
    vtysh -b >/var/log/frr/boot.log 2>&1
else
    for name in $names; do vtysh -b -d "$name" >>/var/log/frr/boot.log 2>&1; done
fi
