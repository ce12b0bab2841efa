"""Platform frr: a Linux switch with FRR, ifupdown2 and nftables.

`agent` is copied to the device and owns transactions there; `session` speaks to it over SSH; `state` reads what it
reports; `napalm` is the driver for everybody else's tools.
"""
