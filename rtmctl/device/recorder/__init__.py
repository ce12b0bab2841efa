"""What happens on a switch, told while it happens. Standard library only, Python 3.9 or newer, runs as root.

    recorder run [LEASE_S]      requests are lines of JSON on stdin, what was seen is lines of JSON on stdout

It changes nothing: no configuration, no rule, no file. It listens (rtnetlink in every network namespace, the live log
of FRR's daemons, bfdd's control socket where FRR has one), reads packet counters ten times a second, and on request
looks for a moment at which flows cross a port. All of that is sockets, which end with the process.

Every line is a list: its kind, CLOCK_REALTIME in ns when this program read it, and what was read, raw wherever parsing
can wait until it is on the other side: in the tenths of a second that matter a switch has better things to do.

    ["hello", ns, {"sources": [...], "interval_ms": 100}]
    ["netlink", ns, SPACE, BASE64]      one datagram; ["dump", ...] what stood there before
    ["log", ns, DAEMON, BASE64]         one message of the live log, with the daemon's own time in it
    ["bfd", ns, OBJECT]                 a notification of bfdd's control socket
    ["daemon", ns, NAME, RUNS]          a daemon's log came or went
    ["counters", ns, LATE_US, {SPACE: {INTERFACE: [rx packets, tx packets, rx bytes, tx bytes]}}]   those that changed
    ["answer", ns, ID, OBJECT]          to a request
    ["doubt", ns, TEXT]                 something was missed

Requests: {"id": n, "do": "clock"}, also the sign of life that renews the lease; {"id": n, "do": "counters"}, all of
them; {"id": n, "do": "sample", "ports": [...], "udp_port": p, "ms": t}; {"id": n, "do": "end"}.

It ends when its standard input does, when nothing was asked for LEASE_S seconds, or when told; a second process sees to
that even if the first is stopped or hangs. A device is given one file (rtmctl.device.packing), so the modules import
each other relatively and nothing else of rtmctl.
"""
