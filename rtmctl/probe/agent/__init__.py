"""RTMCTL_PROBE: sent to a host as text and run there by its python3 (3.7 or later), standard library only.

It leaves nothing behind: no file, and no process. It ends when its standard input ends, or when nothing was heard on
it for `lease_s`.

In, on standard input, one a line: a JSON object {"run", "duration_s", "stall_ms", "lease_s", "port",
"echo", "addresses": [to receive at], "receive": [flow], "send": [{"flow", "source", "destination", "source_port",
"rate_pps", "size"}]}; then the words `go`, `stop`, `report`, and empty lines to say that somebody still listens.

Out, JSON lines by `type`: `ready`, `began`, every 100 ms `now`, `stopped`, and when asked to report one `self` (how
well it kept its times), one `sent` a flow sent, one `received` a flow that arrived, one `echoed` a flow that came back,
and `done`. Or one `failed`, with `why`.

One process and one thread: packets of equal due time leave together, and between two due times the receivers' queues
are emptied. The kernel stamps what arrives and what leaves, so a busy agent delays nothing but its own reading.
"""
