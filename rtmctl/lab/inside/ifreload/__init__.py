"""`ifreload -a` and `ifquery -a --check` on a lab's switch whose VRFs are network namespaces.

It makes the kernel's state what /etc/network/interfaces says: what is there already is not touched, what is no longer
named is removed, and a second call does nothing. Without `vrf-netns` in the file and in the kernel, or for any other
option, the real ifupdown2 is run in its place. Interfaces are made in the namespace they belong to at once: moving
one would make FRR forget it for a moment.

A node is given one file, packed from these modules: standard library only, and what starts fast of it.
"""
